import { endpointSecretContext } from '@ctrip/db/database/sealed-contexts'
import type { SecretBox } from '@ctrip/db/database/secret-box'
import { countEndpointsForUpdate, insertWebhookEndpoint } from '@ctrip/db/webhooks/webhook-endpoints'
import { newId } from '@ctrip/domain/ids'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { conflict, invalid } from '../../http/problem'
import { noParams, noQuery } from '../../schemas/list'
import { text } from '../../schemas/text'
import type { WebhookUrlPolicy } from '../../webhook-url'
import { endpointHeaders, sealHeaders } from './endpoint-headers'
import { newWebhookEndpointSchema, newWebhookSecret, renderWebhookEndpoint } from './endpoint-view'
import { eventFilter, metadataEquals } from './event-filter'

const ENDPOINTS_MAX = 20

export const createWebhookEndpoint = endpoint(
  {
    operation: 'createWebhookEndpoint',
    method: 'post',
    path: '/api/v1/webhook-endpoints',
    access: 'merchant',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Add an endpoint',
    description: 'The secret is in this answer, and in that of a rotation, only.',
    params: noParams,
    query: noQuery,
    body: z
      .strictObject({
        url: text(2048, 1).meta({ format: 'uri' }),
        events: eventFilter,
        description: text(500).nullish(),
        enabled: z.boolean().default(true),
        headers: endpointHeaders.nullish(),
        metadata_equals: metadataEquals.nullish(),
      })
      .meta({ id: 'CreateWebhookEndpoint' }),
    status: 201,
    result: newWebhookEndpointSchema,
    refusals: [409],
  },
  async (deps: { secretBox: SecretBox; urlPolicy: WebhookUrlPolicy }, { caller, body, db }) => {
    const target = await deps.urlPolicy(body.url)
    if (!target.ok) return invalid('url', 'url_not_allowed', target.refusal)
    if ((await countEndpointsForUpdate(db, caller.merchantId)) >= ENDPOINTS_MAX)
      return conflict('too_many_endpoints', `A merchant has at most ${ENDPOINTS_MAX} endpoints.`)
    const id = newId('webhookEndpoint')
    const secret = newWebhookSecret()
    const sealedSecret = deps.secretBox.seal(secret, endpointSecretContext(id))
    const { events, enabled, metadata_equals: equals } = body
    const terms = {
      ...{ id, url: target.url, events, enabled, sealedSecret },
      description: body.description ?? null,
      headers: sealHeaders(deps.secretBox, id, body.headers ?? null),
      metadataEquals: equals ?? null,
    }
    const created = await insertWebhookEndpoint(db, caller.merchantId, terms)
    return { body: { ...renderWebhookEndpoint(created), secret }, log: { endpoint_id: id } }
  },
)
