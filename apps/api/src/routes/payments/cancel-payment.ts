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
    scope: 'payments:write',
    audited: true,
    tag: 'Payments',
    summary: 'Ask to cancel a payment',
    description:
      'Only while nothing has been received. The payment keeps its status, with `cancel_requested_at`, until its chain has been scanned past that time. Then it is `canceled`; if money had come by then, it stays open. Asked again, it answers the same.',
    subject: 'payment',
    params: paymentParams,
    query: noQuery,
    body: noBody,
    status: 202,
    result: paymentSchema,
    refusals: [404, 409],
  },
  (deps: ChangePaymentDeps, { caller, params, db }) =>
    changePayment(deps, {
      ...{ db, caller, id: params.id },
      fact: (now) => ({ kind: 'cancel_asked', at: now }),
      request: { kind: 'cancel' },
    }),
)
