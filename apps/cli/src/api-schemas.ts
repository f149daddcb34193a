import { z } from 'zod'

/** The parts of the API's answers that the command line reads; whatever else there is passes through into `--json`. */
export const paymentSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  chain: z.string(),
  chain_id: z.number(),
  asset: z.looseObject({ symbol: z.string(), contract: z.string().nullable() }),
  amount: z.string(),
  amount_display: z.string(),
  amount_received: z.string(),
  address: z.string(),
  trace_id: z.string(),
})
export type Payment = z.infer<typeof paymentSchema>

export const checkoutSessionSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  options: z.array(
    z.looseObject({
      chain: z.string(),
      asset: z.looseObject({ symbol: z.string() }),
      available: z.boolean(),
      reason: z.string().nullable(),
    }),
  ),
})
export type CheckoutSession = z.infer<typeof checkoutSessionSchema>

export const timelineSchema = z.looseObject({
  entries: z.array(
    z.looseObject({
      at: z.string(),
      delay_ms: z.number().nullable(),
      kind: z.string(),
      summary: z.string(),
      actor: z.string().nullable(),
      block_number: z.number().nullable(),
    }),
  ),
  waiting_for: z.string().nullable(),
})
export type Timeline = z.infer<typeof timelineSchema>

export const traceSchema = z.object({
  spans: z.array(
    z.looseObject({
      span_id: z.string(),
      parent_span_id: z.string().nullable(),
      name: z.string(),
      service: z.string(),
      start: z.string(),
      end: z.string(),
      status: z.string().optional(),
    }),
  ),
})
export type TraceSpan = z.infer<typeof traceSchema>['spans'][number]

export const merchantSchema = z.looseObject({ id: z.string(), name: z.string(), created_at: z.string() })
export type Merchant = z.infer<typeof merchantSchema>
export const newKeySchema = z.looseObject({ id: z.string(), key: z.string() })
export const keySchema = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  created_at: z.string(),
  expires_at: z.string().nullish(),
  revoked_at: z.string().nullish(),
  scopes: z.array(z.string()).nullish(),
  allowed_cidrs: z.array(z.string()).nullish(),
})
export const rolledKeySchema = z.looseObject({
  id: z.string(),
  key: z.string(),
  replaces: z.looseObject({ id: z.string(), expires_at: z.string() }),
})
export const operatorSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  created_at: z.string(),
  revoked_at: z.string().nullish(),
})
export const endpointSchema = z.looseObject({ id: z.string(), description: z.string().nullish() })
export const newEndpointSchema = z.looseObject({ id: z.string(), secret: z.string() })

export const eventSchema = z.looseObject({ id: z.string(), type: z.string(), created_at: z.string() })
export type Event = z.infer<typeof eventSchema>

export function listOf<T>(item: z.ZodType<T>) {
  return z.looseObject({ data: z.array(item), has_more: z.boolean() })
}
