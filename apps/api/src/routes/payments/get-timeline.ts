import type { ChainConfig } from '@ctrip/chain/chain-config'
import { findPayment } from '@ctrip/db/payments/payment-lists'
import { readTimeline } from '@ctrip/db/payments/payment-timeline'
import { readPaymentWaits } from '@ctrip/db/payments/payment-waits'
import { PAYMENT_STATUSES } from '@ctrip/domain/payment/payment'
import { traceIdOf } from '@ctrip/domain/payment/view'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { idOf } from '../../schemas/ids'
import { noQuery } from '../../schemas/list'
import { blockNumber, hashView, traceIdView } from '../../schemas/payment'
import { timestamp } from '../../schemas/text'
import { ENTRY_KINDS, timelineEntries } from '../../timeline/timeline-entries'
import { waitingFor } from '../../timeline/waiting-for'
import { paymentParams } from './payment-params'

const timelineSchema = z
  .object({
    object: z.literal('timeline'),
    payment_id: idOf('payment'),
    status: z.enum(PAYMENT_STATUSES),
    trace_id: traceIdView(),
    waiting_for: z.string().nullable().meta({ example: '3 of 12 confirmations' }),
    entries: z.array(
      z.object({
        at: timestamp(),
        delay_ms: z.number().int().min(0).nullable().meta({ description: 'Since the entry before.' }),
        kind: z.enum(ENTRY_KINDS),
        summary: z.string(),
        actor: z.string(),
        subject: z.string().nullable().meta({ description: 'Id of the transfer, sweep or delivery.' }),
        block_number: blockNumber().nullable(),
        tx_hash: hashView().nullable(),
        trace_id: traceIdView(),
      }),
    ),
  })
  .meta({ id: 'Timeline' })

export const getTimeline = endpoint(
  {
    operation: 'getPaymentTimeline',
    method: 'get',
    path: '/api/v1/payments/:id/timeline',
    access: 'merchant',
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
    const { payment } = subject
    const rows = await readTimeline(db, payment.id)
    const waits = await readPaymentWaits(db, payment.id, payment.chainId)
    const confirmations = deps.chains.find(({ chainId }) => chainId === payment.chainId)?.confirmations ?? null
    const body = {
      object: 'timeline' as const,
      payment_id: payment.id,
      status: payment.status,
      trace_id: traceIdOf(payment.traceAnchor),
      waiting_for: waitingFor({ subject, waits, sweep: rows.sweeps.at(-1) ?? null, confirmations, now: new Date() }),
      entries: timelineEntries(subject, rows),
    }
    return { body, log: { payment_id: payment.id } }
  },
)
