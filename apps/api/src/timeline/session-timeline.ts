import { readSessionHistory, type SessionTransitionRow } from '@ctrip/db/checkout-sessions/session-history'
import type { Executor } from '@ctrip/db/database/database'
import { readTimeline } from '@ctrip/db/payments/payment-timeline'
import { readPayments } from '@ctrip/db/payments/payments'
import { type CheckoutSession, SESSION_STATUSES } from '@ctrip/domain/checkout-session/session'
import { amountDue } from '@ctrip/domain/checkout-session/value'
import { traceIdOf } from '@ctrip/domain/payment/view'
import { formatMinorUnits } from '@ctrip/domain/rates/currencies'
import { z } from 'zod'
import { idOf } from '../schemas/ids'
import { traceIdView } from '../schemas/payment'
import { type TimelineEntry, timelineEntries, webhookAttempt, withDelays } from './timeline-entries'
import { entrySchema } from './timeline-view'

export const sessionTimelineSchema = z
  .object({
    object: z.literal('timeline'),
    checkout_session_id: idOf('checkoutSession'),
    status: z.enum(SESSION_STATUSES),
    trace_id: traceIdView(),
    waiting_for: z.string().nullable().meta({ example: 'the remaining 9.99 USD until 2026-01-31 12:00:00 UTC' }),
    entries: z.array(entrySchema),
  })
  .meta({ id: 'CheckoutSessionTimeline' })

/** A session's history with that of its payments, in the order of time. */
export async function renderSessionTimeline(
  db: Executor,
  session: CheckoutSession,
): Promise<z.output<typeof sessionTimelineSchema>> {
  const history = await readSessionHistory(db, session.id)
  const trace = traceIdOf(session.traceAnchor)
  const entries: Omit<TimelineEntry, 'delay_ms'>[] = [
    ...history.transitions.map(transition),
    ...history.attempts.map((row) => webhookAttempt(row, trace)),
  ]
  for (const subject of await readPayments(db, session.payments)) {
    const { id } = subject.payment
    const ofPayment = timelineEntries(subject, await readTimeline(db, id))
    entries.push(...ofPayment.map((entry) => ({ ...entry, subject: entry.subject ?? id })))
  }
  return {
    object: 'timeline',
    checkout_session_id: session.id,
    status: session.status,
    trace_id: trace,
    waiting_for: waitingFor(session),
    entries: withDelays(entries),
  }
}

function transition({
  at,
  from,
  to,
  actor,
  blockNumber,
  traceId,
}: SessionTransitionRow): Omit<TimelineEntry, 'delay_ms'> {
  return {
    at: at.toISOString(),
    kind: 'transition',
    summary: from === null ? `checkout session created as ${to}` : `checkout session ${from} → ${to}`,
    actor,
    subject: null,
    block_number: blockNumber,
    tx_hash: null,
    trace_id: traceId,
  }
}

/** Null when nothing more is to come. */
function waitingFor(session: CheckoutSession): string | null {
  if (session.status !== 'open') return null
  const { currency } = session.price
  const due = amountDue(session)
  const units = (value: bigint): string => `${formatMinorUnits(value, currency)} ${currency}`
  if (due === 0n) return `the confirmation of ${units(session.amountPending)}`
  const until = `until ${session.expiresAt.toISOString().slice(0, 19).replace('T', ' ')} UTC`
  if (session.amountPaid + session.amountPending > 0n)
    return `the remaining ${units(due)} of ${units(session.price.amount)} ${until}`
  return `payment of ${units(due)} ${until}`
}
