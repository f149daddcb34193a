import { endpoint } from '../../http/endpoint'
import { noBody, noQuery } from '../../schemas/list'
import { paymentSchema } from '../../schemas/payment'
import { type ChangePaymentDeps, changePayment } from './change-payment'
import { paymentParams } from './payment-params'

export const cancelPayment = endpoint(
  {
    operation: 'cancelPayment',
    method: 'post',
    path: '/api/v1/payments/:id/cancel',
    access: 'merchant',
    tag: 'Payments',
    summary: 'Cancel a payment',
    description: 'Only while nothing has been received.',
    subject: 'payment',
    params: paymentParams,
    query: noQuery,
    body: noBody,
    status: 200,
    result: paymentSchema,
    refusals: [404, 409],
  },
  (deps: ChangePaymentDeps, { caller, params, db }) =>
    changePayment(deps, { db, caller, id: params.id, fact: { kind: 'cancel_asked' } }),
)
