import { randomBytes } from 'node:crypto'
import type { WebhookEndpoint } from '@ctrip/db/webhooks/webhook-endpoints'
import { z } from 'zod'
import { idOf, idParam } from '../../schemas/ids'
import { timestamp } from '../../schemas/text'

const fields = {
  id: idOf('webhookEndpoint'),
  object: z.literal('webhook_endpoint'),
  url: z.string(),
  events: z.array(z.string()),
  description: z.string().nullable(),
  enabled: z.boolean(),
  disabled_reason: z.string().nullable().meta({ description: 'Why we disabled it; null if we did not.' }),
  header_names: z.array(z.string()).meta({ description: 'Of the headers sent along. Their values are never shown.' }),
  metadata_equals: z.record(z.string(), z.string()).nullable(),
  failing_since: timestamp().nullable().meta({ description: 'Of the first failure since the last success.' }),
  consecutive_failures: z.number().int().min(0),
  circuit: z.enum(['closed', 'open', 'half_open']).meta({
    description:
      'After ten failures in a row it is `open` for up to a minute; then one delivery tries whether it works again.',
  }),
  next_attempt_at: timestamp()
    .nullable()
    .meta({ description: 'Of what waits for this endpoint; null if nothing does.' }),
  created_at: timestamp(),
}

export const webhookEndpointSchema = z.object(fields).meta({ id: 'WebhookEndpoint' })
export const newWebhookEndpointSchema = z
  .object({ ...fields, secret: z.string().meta({ description: 'Signs the webhooks. Shown this once.' }) })
  .meta({ id: 'NewWebhookEndpoint' })

export const endpointParams = z.object({ id: idParam('webhookEndpoint') })

export function renderWebhookEndpoint(endpoint: WebhookEndpoint) {
  return {
    id: endpoint.id,
    object: 'webhook_endpoint' as const,
    url: endpoint.url,
    events: [...endpoint.events],
    description: endpoint.description,
    enabled: endpoint.enabled,
    disabled_reason: endpoint.disabledReason,
    header_names: [...endpoint.headerNames],
    metadata_equals: endpoint.metadataEquals,
    failing_since: endpoint.failingSince?.toISOString() ?? null,
    consecutive_failures: endpoint.consecutiveFailures,
    circuit: circuitOf(endpoint, new Date()),
    next_attempt_at: endpoint.nextAttemptAt?.toISOString() ?? null,
    created_at: endpoint.createdAt.toISOString(),
  }
}

function circuitOf({ circuitOpenUntil }: WebhookEndpoint, now: Date): 'closed' | 'open' | 'half_open' {
  if (circuitOpenUntil === null) return 'closed'
  return circuitOpenUntil > now ? 'open' : 'half_open'
}

/** Standard Webhooks asks for 24 to 64 random bytes. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}
