import { z } from 'zod'

export const idempotencyKeyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'Kept for 72 hours: the same request again gets the first answer again, and does nothing.' }),
})
