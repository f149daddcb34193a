import type { Merchant } from '@ctrip/db/merchants/merchants'
import { z } from 'zod'
import { idOf, idParam } from '../../schemas/ids'
import { timestamp } from '../../schemas/text'

export const merchantSchema = z
  .object({
    id: idOf('merchant'),
    object: z.literal('merchant'),
    name: z.string(),
    quotas: z
      .object({ open_payments: z.number().nullable(), payments_per_day: z.number().nullable() })
      .meta({ description: 'Null: as the gateway is configured.' }),
    created_at: timestamp(),
  })
  .meta({ id: 'Merchant' })

export const merchantParams = z.object({ id: idParam('merchant') })

export function renderMerchant({ id, name, quotas, createdAt }: Merchant) {
  return {
    id,
    object: 'merchant' as const,
    name,
    quotas: { open_payments: quotas.openPayments, payments_per_day: quotas.paymentsPerDay },
    created_at: createdAt.toISOString(),
  }
}
