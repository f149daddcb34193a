import { findDelivery } from '@ctrip/db/webhooks/delivery-lists'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { idParam } from '../../schemas/ids'
import { noQuery } from '../../schemas/list'
import { deliverySchema, renderDelivery } from './delivery-view'

export const getDelivery = endpoint(
  {
    operation: 'getDelivery',
    method: 'get',
    path: '/api/v1/deliveries/:id',
    access: 'merchant',
    scope: 'webhooks:read',
    tag: 'Webhooks',
    summary: 'Read a delivery and its attempts',
    subject: 'delivery',
    params: z.object({ id: idParam('delivery') }),
    query: noQuery,
    body: null,
    status: 200,
    result: deliverySchema,
    refusals: [404],
  },
  async (_deps: unknown, { caller, params, db }) => {
    const delivery = await findDelivery(db, caller.merchantId, params.id)
    return delivery === null ? notFound('delivery') : { body: renderDelivery(delivery) }
  },
)
