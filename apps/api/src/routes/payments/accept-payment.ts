import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { amountInput } from '../../schemas/amount-input'
import { noQuery } from '../../schemas/list'
import { paymentSchema } from '../../schemas/payment'
import { type ChangePaymentDeps, changePayment } from './change-payment'
import { paymentParams } from './payment-params'

const body = z
  .strictObject({
    amount: amountInput.meta({
      description: 'The `amount_received` that you saw. If it is another by now, nothing is accepted.',
      example: '1400000',
    }),
  })
  .meta({ id: 'AcceptPayment' })

export const acceptPayment = endpoint(
  {
    operation: 'acceptPayment',
    method: 'post',
    path: '/api/v1/payments/:id/accept',
    access: 'merchant',
    scope: 'payments:write',
    audited: true,
    tag: 'Payments',
    summary: 'Accept what was received',
    description:
      'Accepts an underpayment, late money under review, or money on an expired or canceled payment. The payment is then confirmed and settles as if that amount had been asked for. Money in another asset cannot be accepted while no value is known for it.',
    subject: 'payment',
    params: paymentParams,
    query: noQuery,
    body,
    status: 200,
    result: paymentSchema,
    refusals: [404, 409],
  },
  (deps: ChangePaymentDeps, { caller, params, body: { amount }, db }) =>
    changePayment(deps, {
      ...{ db, caller, id: params.id },
      fact: () => ({ kind: 'accept_asked', amount }),
      request: { kind: 'accept', amount },
    }),
)
