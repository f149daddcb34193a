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
    created_at: endpoint.createdAt.toISOString(),
  }
}

/** Standard Webhooks asks for 24 to 64 random bytes. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}
