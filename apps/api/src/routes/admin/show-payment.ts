import { readPayments } from '@ctrip/db/payments/payments'
import { renderPayment } from '@ctrip/domain/payment/view'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { idOf } from '../../schemas/ids'
import { noQuery } from '../../schemas/list'
import { paymentSchema } from '../../schemas/payment'
import { paymentParams } from '../payments/payment-params'

const paymentOfMerchantSchema = z
  .object({ ...paymentSchema.shape, merchant_id: idOf('merchant') })
  .meta({ id: 'PaymentOfMerchant' })

export const showPayment = endpoint(
  {
    operation: 'showPayment',
    method: 'get',
    path: '/api/v1/admin/payments/:id',
    access: 'admin',
    scope: 'admin:read',
    tag: 'Admin',
    summary: 'Read any merchant’s payment',
    subject: 'payment',
    params: paymentParams,
    query: noQuery,
    body: null,
    status: 200,
    result: paymentOfMerchantSchema,
    refusals: [404],
  },
  async (_deps: unknown, { params, db }) => {
    const [found] = await readPayments(db, [params.id])
    if (found === undefined) return notFound('payment')
    const { payment, transfers, chain } = found
    return {
      body: { ...renderPayment(payment, transfers, chain.headNumber), merchant_id: payment.merchantId },
      log: { payment_id: params.id, merchant_id: payment.merchantId },
    }
  },
)
