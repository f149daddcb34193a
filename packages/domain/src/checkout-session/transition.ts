import { assert } from '../assert'
import type { EventDraft, EventType } from '../events'
import type { PaymentStatus } from '../payment/payment'
import { type CheckoutSession, SESSION_EVENTS, type SessionStatus } from './session'
import { isEnough, type SessionPayment, type SessionValue, shownAmounts, valueOfMoney } from './value'
import { renderCheckoutSession } from './view'

/** A change that a session is decided again for. The payments are given as they are after it. */
export type SessionFact =
  /** `reorged`: a transfer of one of its payments has left the chain. */
  | { readonly kind: 'payments_changed'; readonly reorged: boolean }
  | { readonly kind: 'time_passed' }
  | { readonly kind: 'expire_asked' }

export type SessionRefusal = 'session_not_open' | 'already_received'

export interface SessionStatusChange {
  readonly from: SessionStatus
  readonly to: SessionStatus
}

export type SessionOutcome =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: SessionRefusal }
  | {
      readonly kind: 'changed'
      readonly session: CheckoutSession
      readonly steps: readonly SessionStatusChange[]
      readonly events: readonly EventDraft[]
    }

/** Statuses in which a payment may still take money in time, or holds money that is not confirmed. */
const OPEN_PAYMENT: ReadonlySet<PaymentStatus> = new Set(['pending', 'partially_paid', 'detected'])

export function isOpenPayment({ payment }: SessionPayment): boolean {
  return OPEN_PAYMENT.has(payment.status)
}

/**
 * Decides a checkout session from its payments: the only place, pure. `now` is the database's clock. A session has ended once `now` has
 * passed its end and none of its payments is open: each is closed by its own chain's scan, so an outage expires no session that was paid in
 * time.
 */
export function transitionSession(
  before: CheckoutSession,
  payments: readonly SessionPayment[],
  fact: SessionFact,
  now: Date,
): SessionOutcome {
  const refusal = fact.kind === 'expire_asked' ? refuseExpiry(before, payments) : null
  if (refusal !== null) return { kind: 'refused', reason: refusal }
  const asked = fact.kind === 'expire_asked' ? { ...before, expiresAt: earlier(before.expiresAt, now) } : before
  const value = valueOfMoney(asked, payments)
  const { paid, pending } = shownAmounts(value)
  let session: CheckoutSession = { ...asked, amountPaid: paid, amountPending: pending }
  const steps: SessionStatusChange[] = []
  const events: EventDraft[] = []
  for (const to of pathTo(session, payments, value, fact, now)) {
    const type = SESSION_EVENTS[session.status][to]
    assert(type !== undefined, `no way from ${session.status} to ${to}`)
    steps.push({ from: session.status, to })
    const completedAt = to === 'complete' ? now : to === 'open' ? null : session.completedAt
    session = { ...session, status: to, completedAt, sequence: session.sequence + 1 }
    events.push(eventOf(session, type))
  }
  const isChanged =
    steps.length > 0 ||
    session.amountPaid !== before.amountPaid ||
    session.amountPending !== before.amountPending ||
    session.expiresAt.getTime() !== before.expiresAt.getTime()
  return isChanged ? { kind: 'changed', session, steps, events } : { kind: 'unchanged' }
}

/** A complete session is final but for a reorg: a rate that is recorded later cannot take it back. */
function pathTo(
  session: CheckoutSession,
  payments: readonly SessionPayment[],
  value: SessionValue,
  fact: SessionFact,
  now: Date,
): SessionStatus[] {
  const isPaid = isEnough(session, value.confirmed)
  switch (session.status) {
    case 'open':
      if (isPaid) return ['complete']
      return hasEnded(session, payments, value, now) ? ['expired'] : []
    case 'complete': {
      const isLost = !isPaid && fact.kind === 'payments_changed' && fact.reorged
      if (!isLost) return []
      return hasEnded(session, payments, value, now) ? ['open', 'expired'] : ['open']
    }
    case 'expired':
      return isPaid ? ['complete'] : []
  }
}

/** Money that came in time and is enough keeps the session open until it is confirmed. */
function hasEnded(
  session: CheckoutSession,
  payments: readonly SessionPayment[],
  { inTime }: SessionValue,
  now: Date,
): boolean {
  return now >= session.expiresAt && !payments.some(isOpenPayment) && !isEnough(session, inTime)
}

/** Money in another asset has no value here, and yet it was received. */
function refuseExpiry({ status }: CheckoutSession, payments: readonly SessionPayment[]): SessionRefusal | null {
  if (status !== 'open') return 'session_not_open'
  const somethingCame = payments.some(({ transfers }) =>
    transfers.some((transfer) => transfer.status !== 'orphaned' && transfer.kind !== 'funding'),
  )
  return somethingCame ? 'already_received' : null
}

function eventOf(session: CheckoutSession, type: EventType): EventDraft {
  return {
    type,
    merchantId: session.merchantId,
    subject: session.id,
    sequence: session.sequence,
    traceAnchor: session.traceAnchor,
    data: { checkout_session: renderCheckoutSession(session, []) },
  }
}

function earlier(one: Date, other: Date): Date {
  return one < other ? one : other
}
