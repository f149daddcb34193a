import type { RouteConfig } from '@asteasolutions/zod-to-openapi'
import { ENDPOINT_TEST, EVENT_TYPES } from '@ctrip/domain/events'
import { z } from 'zod'
import { eventSchema } from '../routes/events/event-view'
import { sessionSchema } from '../schemas/checkout-session'
import { idOf } from '../schemas/ids'
import { paymentSchema, transferSchema } from '../schemas/payment'
import { sweepSchema } from '../schemas/sweep'

const headers = z.object({
  'webhook-id': idOf('event').meta({ description: 'The same on every retry and replay.' }),
  'webhook-timestamp': z
    .string()
    .regex(/^[0-9]+$/)
    .meta({ description: 'Unix time, in seconds.' }),
  'webhook-signature': z
    .string()
    .meta({ description: 'Standard Webhooks: `v1,…`, two of them while a secret is rotated.' }),
  traceparent: z.string(),
})

/** What a merchant's endpoints receive: Standard Webhooks, one for each type of event. */
export function webhooks(): RouteConfig[] {
  const delivered = EVENT_TYPES.filter((type) => !type.startsWith('webhook.'))
  return [...delivered.map((type) => webhook(type, dataOf(type))), webhook(ENDPOINT_TEST, testData)]
}

function webhook(type: string, data: z.ZodObject): RouteConfig {
  const schema = eventSchema.extend({ type: z.literal(type), data })
  return {
    method: 'post',
    path: type,
    operationId: `on_${type.replace('.', '_')}`,
    tags: ['Webhooks'],
    summary: `Sent as ${type}`,
    request: { headers, body: { required: true, content: { 'application/json': { schema } } } },
    responses: {
      '2XX': { description: 'Delivered. Everything else, redirects included, is tried again.' },
      410: { description: 'Disables the endpoint.' },
    },
  }
}

const testData = z.object({ endpoint_id: idOf('webhookEndpoint') })

function dataOf(type: string): z.ZodObject {
  if (type.startsWith('transfer.')) return z.object({ transfer: transferSchema, payment: paymentSchema.optional() })
  if (type.startsWith('checkout_session.')) return z.object({ checkout_session: sessionSchema })
  if (type.startsWith('sweep.')) return z.object({ sweep: sweepSchema })
  return z.object({ payment: paymentSchema })
}
