import { deleteWebhookEndpoint as remove } from '@ctrip/db/webhooks/webhook-endpoints'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { idOf } from '../../schemas/ids'
import { noQuery } from '../../schemas/list'
import { endpointParams } from './endpoint-view'

export const deleteWebhookEndpoint = endpoint(
  {
    operation: 'deleteWebhookEndpoint',
    method: 'delete',
    path: '/api/v1/webhook-endpoints/:id',
    access: 'merchant',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Delete an endpoint',
    description: 'What still waits to be delivered there is discarded.',
    subject: 'webhook endpoint',
    params: endpointParams,
    query: noQuery,
    body: null,
    status: 200,
    result: z.object({
      id: idOf('webhookEndpoint'),
      object: z.literal('webhook_endpoint'),
      deleted: z.literal(true),
    }),
    refusals: [404],
  },
  async (_deps: unknown, { caller, params, db }) => {
    if (!(await remove(db, caller.merchantId, params.id))) return notFound('webhook endpoint')
    const body = { id: params.id, object: 'webhook_endpoint' as const, deleted: true as const }
    return { body, log: { endpoint_id: params.id } }
  },
)
