import type { ChainConfig } from '@ctrip/chain/chain-config'
import { findPayment } from '@ctrip/db/payments/payment-lists'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { renderTimeline, timelineSchema } from '../../timeline/timeline-view'
import { paymentParams } from './payment-params'

export const getTimeline = endpoint(
  {
    operation: 'getPaymentTimeline',
    method: 'get',
    path: '/api/v1/payments/:id/timeline',
    access: 'merchant',
    scope: 'payments:read',
    tag: 'Payments',
    summary: 'What happened to a payment, when, and why it waits',
    subject: 'payment',
    params: paymentParams,
    query: noQuery,
    body: null,
    status: 200,
    result: timelineSchema,
    refusals: [404],
  },
  async (deps: { readonly chains: readonly ChainConfig[] }, { caller, params, db }) => {
    const subject = await findPayment(db, caller.merchantId, params.id)
    if (subject === null) return notFound('payment')
    return { body: await renderTimeline(deps, db, subject), log: { payment_id: params.id } }
  },
)
