import type { SecretBox } from '@ctrip/db/database/secret-box'
import { updateWebhookEndpoint as update } from '@ctrip/db/webhooks/webhook-endpoints'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { invalid, notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { text } from '../../schemas/text'
import type { WebhookUrlPolicy } from '../../webhook-url'
import { endpointHeaders, sealHeaders } from './endpoint-headers'
import { endpointParams, renderWebhookEndpoint, webhookEndpointSchema } from './endpoint-view'
import { eventFilter, metadataEquals } from './event-filter'

const body = z
  .strictObject({
    url: text(2048, 1).meta({ format: 'uri' }).optional(),
    events: eventFilter.optional(),
    description: text(500).nullable().optional(),
    enabled: z.boolean().optional(),
    headers: endpointHeaders.nullable().optional(),
    metadata_equals: metadataEquals.nullable().optional(),
  })
  .meta({ id: 'UpdateWebhookEndpoint' })

export const updateWebhookEndpoint = endpoint(
  {
    operation: 'updateWebhookEndpoint',
    method: 'patch',
    path: '/api/v1/webhook-endpoints/:id',
    access: 'merchant',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Change an endpoint',
    description: 'What is not given stays. Enabling one that we disabled starts its failures from none.',
    subject: 'webhook endpoint',
    params: endpointParams,
    query: noQuery,
    body,
    status: 200,
    result: webhookEndpointSchema,
    refusals: [404],
  },
  async (
    deps: { secretBox: SecretBox; urlPolicy: WebhookUrlPolicy },
    { caller, params, body: { url, events, description, enabled, headers, metadata_equals: equals }, db },
  ) => {
    const target = url === undefined ? null : await deps.urlPolicy(url)
    if (target?.ok === false) return invalid('url', 'url_not_allowed', target.refusal)
    const changes = {
      ...(target === null ? {} : { url: target.url }),
      ...(events === undefined ? {} : { events }),
      ...(description === undefined ? {} : { description }),
      ...(enabled === undefined ? {} : { enabled }),
      ...(headers === undefined ? {} : { headers: sealHeaders(deps.secretBox, params.id, headers) }),
      ...(equals === undefined ? {} : { metadataEquals: equals }),
    }
    const updated = await update(db, caller.merchantId, params.id, changes)
    if (updated === null) return notFound('webhook endpoint')
    return { body: renderWebhookEndpoint(updated), log: { endpoint_id: params.id } }
  },
)
