import type { ChainConfig } from '@ctrip/chain/chain-config'
import { readPayments } from '@ctrip/db/payments/payments'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { renderTimeline, timelineSchema } from '../../timeline/timeline-view'
import { paymentParams } from '../payments/payment-params'

export const showTimeline = endpoint(
  {
    operation: 'showPaymentTimeline',
    method: 'get',
    path: '/api/v1/admin/payments/:id/timeline',
    access: 'admin',
    scope: 'admin:read',
    tag: 'Admin',
    summary: 'What happened to any merchant’s payment, when, and why it waits',
    subject: 'payment',
    params: paymentParams,
    query: noQuery,
    body: null,
    status: 200,
    result: timelineSchema,
    refusals: [404],
  },
  async (deps: { readonly chains: readonly ChainConfig[] }, { params, db }) => {
    const [subject] = await readPayments(db, [params.id])
    if (subject === undefined) return notFound('payment')
    return { body: await renderTimeline(deps, db, subject), log: { payment_id: params.id } }
  },
)
