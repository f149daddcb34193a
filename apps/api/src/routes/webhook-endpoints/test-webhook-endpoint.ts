import { testEndpoint } from '@ctrip/db/webhooks/replays'
import { findWebhookEndpoint } from '@ctrip/db/webhooks/webhook-endpoints'
import { anchorSpan } from '@ctrip/telemetry/spans'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { conflict, notFound } from '../../http/problem'
import { idOf } from '../../schemas/ids'
import { noBody, noQuery } from '../../schemas/list'
import { endpointParams } from './endpoint-view'

export const testWebhookEndpoint = endpoint(
  {
    operation: 'testWebhookEndpoint',
    method: 'post',
    path: '/api/v1/webhook-endpoints/:id/test',
    access: 'merchant',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Send an endpoint.test event',
    description: 'To this endpoint alone, whatever its filter.',
    subject: 'webhook endpoint',
    params: endpointParams,
    query: noQuery,
    body: noBody,
    status: 202,
    result: z.object({ object: z.literal('webhook_test'), event_id: idOf('event') }),
    refusals: [404, 409],
  },
  async (_deps: unknown, { caller, params, db }) => {
    const found = await findWebhookEndpoint(db, caller.merchantId, params.id)
    if (found === null) return notFound('webhook endpoint')
    if (!found.enabled) return conflict('endpoint_disabled', 'Enable the endpoint first: nothing is sent to it now.')
    const traceparent = anchorSpan('endpoint.test', {})
    const eventId = await testEndpoint(db, { merchantId: caller.merchantId, endpointId: params.id, traceparent })
    return { body: { object: 'webhook_test' as const, event_id: eventId }, log: { endpoint_id: params.id } }
  },
)
