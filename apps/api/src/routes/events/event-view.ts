import { ENDPOINT_TEST, EVENT_TYPES } from '@ctrip/domain/events'
import { z } from 'zod'
import { sessionSchema } from '../../schemas/checkout-session'
import { idOf, idParam } from '../../schemas/ids'
import { paymentSchema, traceIdView, transferSchema } from '../../schemas/payment'
import { sweepSchema } from '../../schemas/sweep'
import { timestamp } from '../../schemas/text'

export const eventSchema = z
  .object({
    id: idOf('event'),
    type: z.enum([...EVENT_TYPES, ENDPOINT_TEST]),
    created_at: timestamp(),
    sequence: z.number().int().min(0).meta({
      description: 'Grows with each event of a payment, a checkout session or a sweep; 0 where there is none of them.',
    }),
    trace_id: traceIdView(),
    data: z
      .looseObject({
        payment: paymentSchema.optional(),
        transfer: transferSchema.optional(),
        checkout_session: sessionSchema.optional(),
        sweep: sweepSchema.optional(),
        endpoint_id: idOf('webhookEndpoint').optional(),
      })
      .meta({ description: 'A snapshot at the moment of the change.' }),
  })
  .meta({ id: 'Event' })

export const eventParams = z.object({ id: idParam('event') })

/** The stored body is the event: parsed to be sent again, never rendered anew. */
export function parseEvent({ body }: { readonly body: string }): z.output<typeof eventSchema> {
  return JSON.parse(body) as z.output<typeof eventSchema>
}
