import type { ChainConfig } from '@ctrip/chain/chain-config'
import { readFactsOf } from '@ctrip/db/chains/chain-observations'
import type { Executor } from '@ctrip/db/database/database'
import { readTimeline } from '@ctrip/db/payments/payment-timeline'
import { readPaymentWaits } from '@ctrip/db/payments/payment-waits'
import type { PaymentSubject } from '@ctrip/db/payments/payments'
import { chainStanding } from '@ctrip/domain/chain-standing'
import { PAYMENT_STATUSES } from '@ctrip/domain/payment/payment'
import { traceIdOf } from '@ctrip/domain/payment/view'
import { z } from 'zod'
import { idOf } from '../schemas/ids'
import { blockNumber, hashView, traceIdView } from '../schemas/payment'
import { timestamp } from '../schemas/text'
import { ENTRY_KINDS, timelineEntries } from './timeline-entries'
import { waitingFor } from './waiting-for'

export const entrySchema = z.object({
  at: timestamp(),
  delay_ms: z.number().int().min(0).nullable().meta({ description: 'Since the entry before.' }),
  kind: z.enum(ENTRY_KINDS),
  summary: z.string(),
  actor: z.string(),
  subject: z.string().nullable().meta({ description: 'Id of the transfer, sweep or delivery.' }),
  block_number: blockNumber().nullable(),
  tx_hash: hashView().nullable(),
  trace_id: traceIdView(),
})

export const timelineSchema = z
  .object({
    object: z.literal('timeline'),
    payment_id: idOf('payment'),
    status: z.enum(PAYMENT_STATUSES),
    trace_id: traceIdView(),
    waiting_for: z.string().nullable().meta({ example: '3 of 12 confirmations' }),
    entries: z.array(entrySchema),
  })
  .meta({ id: 'Timeline' })

/** A payment's timeline as it stands now; whoever asks for it may see the payment. */
export async function renderTimeline(
  { chains }: { readonly chains: readonly ChainConfig[] },
  db: Executor,
  subject: PaymentSubject,
): Promise<z.output<typeof timelineSchema>> {
  const { payment } = subject
  const rows = await readTimeline(db, payment.id)
  const waits = await readPaymentWaits(db, payment.id, payment.chainId)
  const standing = chainStanding(await readFactsOf(db, payment.chainId))
  const chain = chains.find(({ chainId }) => chainId === payment.chainId)
  const situation = {
    subject,
    waits,
    standing,
    sweep: rows.sweeps.at(-1) ?? null,
    confirmations: chain?.confirmations ?? null,
    native: chain?.native ?? null,
    now: new Date(),
  }
  return {
    object: 'timeline',
    payment_id: payment.id,
    status: payment.status,
    trace_id: traceIdOf(payment.traceAnchor),
    waiting_for: waitingFor(situation),
    entries: timelineEntries(subject, rows),
  }
}
