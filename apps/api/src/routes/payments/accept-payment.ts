import { endpoint } from '../../http/endpoint'
import { noBody, noQuery } from '../../schemas/list'
import { paymentSchema } from '../../schemas/payment'
import { type ChangePaymentDeps, changePayment } from './change-payment'
import { paymentParams } from './payment-params'

export const acceptPayment = endpoint(
  {
    operation: 'acceptPayment',
    method: 'post',
    path: '/api/v1/payments/:id/accept',
    access: 'merchant',
    tag: 'Payments',
    summary: 'Accept late money',
    description: 'Carries on an expired payment whose late_policy is `review`, and which late money has reached.',
    subject: 'payment',
    params: paymentParams,
    query: noQuery,
    body: noBody,
    status: 200,
    result: paymentSchema,
    refusals: [404, 409],
  },
  (deps: ChangePaymentDeps, { caller, params, db }) =>
    changePayment(deps, { db, caller, id: params.id, fact: { kind: 'accept_asked' } }),
)
