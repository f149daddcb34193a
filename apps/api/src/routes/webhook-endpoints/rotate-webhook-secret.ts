import { endpointSecretContext } from '@ctrip/db/database/sealed-contexts'
import type { SecretBox } from '@ctrip/db/database/secret-box'
import { rotateEndpointSecret } from '@ctrip/db/webhooks/webhook-endpoints'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { noBody, noQuery } from '../../schemas/list'
import { endpointParams, newWebhookEndpointSchema, newWebhookSecret, renderWebhookEndpoint } from './endpoint-view'

export const rotateWebhookSecret = endpoint(
  {
    operation: 'rotateWebhookSecret',
    method: 'post',
    path: '/api/v1/webhook-endpoints/:id/rotate-secret',
    access: 'merchant',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Give an endpoint a new secret',
    description: 'For 24 hours webhooks are signed with the old one too.',
    subject: 'webhook endpoint',
    params: endpointParams,
    query: noQuery,
    body: noBody,
    status: 200,
    result: newWebhookEndpointSchema,
    refusals: [404],
  },
  async ({ secretBox }: { secretBox: SecretBox }, { caller, params, db }) => {
    const secret = newWebhookSecret()
    const sealed = secretBox.seal(secret, endpointSecretContext(params.id))
    const rotated = await rotateEndpointSecret(db, caller.merchantId, params.id, sealed)
    if (rotated === null) return notFound('webhook endpoint')
    return { body: { ...renderWebhookEndpoint(rotated), secret }, log: { endpoint_id: params.id } }
  },
)
