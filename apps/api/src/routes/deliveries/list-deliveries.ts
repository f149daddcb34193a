import { DELIVERY_STATUSES, listDeliveries as readDeliveries } from '@ctrip/db/webhooks/delivery-lists'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { idParam } from '../../schemas/ids'
import { listOf, noParams, pageOf, renderList } from '../../schemas/list'
import { deliverySchema, renderDelivery } from './delivery-view'

const query = z.strictObject({
  endpoint: idParam('webhookEndpoint').optional(),
  event: idParam('event').optional(),
  status: z.enum(DELIVERY_STATUSES).optional(),
  ...pageOf('delivery'),
})

export const listDeliveries = endpoint(
  {
    operation: 'listDeliveries',
    method: 'get',
    path: '/api/v1/deliveries',
    access: 'merchant',
    scope: 'webhooks:read',
    tag: 'Webhooks',
    summary: 'List deliveries, newest first',
    params: noParams,
    query,
    body: null,
    status: 200,
    result: listOf(deliverySchema),
    refusals: [],
  },
  async (_deps: unknown, { caller, query, db }) => {
    const filter = {
      endpointId: query.endpoint ?? null,
      eventId: query.event ?? null,
      status: query.status ?? null,
    }
    const page = { limit: query.limit, startingAfter: query.starting_after ?? null }
    return { body: renderList(await readDeliveries(db, caller.merchantId, filter, page), renderDelivery) }
  },
)
