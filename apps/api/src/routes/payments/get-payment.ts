import { findPayment } from '@ctrip/db/payments/payment-lists'
import { renderPayment } from '@ctrip/domain/payment/view'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { paymentSchema } from '../../schemas/payment'
import { paymentParams } from './payment-params'

export const getPayment = endpoint(
  {
    operation: 'getPayment',
    method: 'get',
    path: '/api/v1/payments/:id',
    access: 'merchant',
    scope: 'payments:read',
    tag: 'Payments',
    summary: 'Read a payment',
    subject: 'payment',
    params: paymentParams,
    query: noQuery,
    body: null,
    status: 200,
    result: paymentSchema,
    refusals: [404],
  },
  async (_deps: unknown, { caller, params, db }) => {
    const found = await findPayment(db, caller.merchantId, params.id)
    if (found === null) return notFound('payment')
    return {
      body: renderPayment(found.payment, found.transfers, found.chain.headNumber),
      log: { payment_id: params.id },
    }
  },
)
