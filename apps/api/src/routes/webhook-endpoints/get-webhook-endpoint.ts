import { findWebhookEndpoint } from '@ctrip/db/webhooks/webhook-endpoints'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { endpointParams, renderWebhookEndpoint, webhookEndpointSchema } from './endpoint-view'

export const getWebhookEndpoint = endpoint(
  {
    operation: 'getWebhookEndpoint',
    method: 'get',
    path: '/api/v1/webhook-endpoints/:id',
    access: 'merchant',
    scope: 'webhooks:read',
    tag: 'Webhooks',
    summary: 'Read an endpoint',
    subject: 'webhook endpoint',
    params: endpointParams,
    query: noQuery,
    body: null,
    status: 200,
    result: webhookEndpointSchema,
    refusals: [404],
  },
  async (_deps: unknown, { caller, params, db }) => {
    const found = await findWebhookEndpoint(db, caller.merchantId, params.id)
    return found === null ? notFound('webhook endpoint') : { body: renderWebhookEndpoint(found) }
  },
)
