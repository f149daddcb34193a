import { listWebhookEndpoints as readEndpoints } from '@ctrip/db/webhooks/webhook-endpoints'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { listOf, noParams, pageOf, renderList } from '../../schemas/list'
import { renderWebhookEndpoint, webhookEndpointSchema } from './endpoint-view'

export const listWebhookEndpoints = endpoint(
  {
    operation: 'listWebhookEndpoints',
    method: 'get',
    path: '/api/v1/webhook-endpoints',
    access: 'merchant',
    scope: 'webhooks:read',
    tag: 'Webhooks',
    summary: 'List endpoints, newest first',
    params: noParams,
    query: z.strictObject(pageOf('webhookEndpoint')),
    body: null,
    status: 200,
    result: listOf(webhookEndpointSchema),
    refusals: [],
  },
  async (_deps: unknown, { caller, query, db }) => {
    const page = { limit: query.limit, startingAfter: query.starting_after ?? null }
    return { body: renderList(await readEndpoints(db, caller.merchantId, page), renderWebhookEndpoint) }
  },
)
