import { sessionPayments } from '@ctrip/db/checkout-sessions/session-payments'
import { lockSessions, readSessions, type SessionChange, saveSession } from '@ctrip/db/checkout-sessions/sessions'
import type { Executor } from '@ctrip/db/database/database'
import { databaseTime } from '@ctrip/db/payments/payment-requests'
import type { CheckoutSession } from '@ctrip/domain/checkout-session/session'
import { type SessionFact, type SessionOutcome, transitionSession } from '@ctrip/domain/checkout-session/transition'
import type { CheckoutSessionId } from '@ctrip/domain/ids'
import type { RateBook } from '@ctrip/domain/rates/rate-book'
import { currentTraceparent, inAnchoredSpan } from '@ctrip/telemetry/spans'

export interface SessionCause {
  /** A service's name, or an API key's id. */
  readonly actor: string
  readonly blockNumber?: number
  /** The rates of money that came after its payment's quote. */
  readonly rateBook: RateBook
}

export interface SessionResult {
  readonly before: CheckoutSession
  readonly outcome: SessionOutcome
}

/**
 * Decides sessions again and saves the outcome: the only way in which a session changes. It locks them, in the order of their ids, and then
 * reads all of their payments, so that of two writers the later decides on both changes. Payments that the transaction changes are locked
 * and saved before. After the commit the caller hands the result to `reportSessions`.
 */
export async function changeSessions(
  tx: Executor,
  ids: readonly CheckoutSessionId[],
  fact: SessionFact,
  cause: SessionCause,
): Promise<SessionResult[]> {
  if (ids.length === 0) return []
  await lockSessions(tx, ids)
  const now = await databaseTime(tx)
  const results: SessionResult[] = []
  for (const before of await readSessions(tx, ids)) {
    const payments = await sessionPayments(tx, before, cause.rateBook)
    const outcome = transitionSession(before, payments, fact, now)
    results.push({ before, outcome })
    if (outcome.kind === 'changed') await saveSession(tx, await markInTrace(before, outcome, cause))
  }
  return results
}

/** The change as a span of the session's trace, which its events name as their origin. */
async function markInTrace(
  before: CheckoutSession,
  outcome: SessionChange['outcome'],
  { actor, blockNumber }: SessionCause,
): Promise<SessionChange> {
  const name = outcome.events.at(-1)?.type ?? 'checkout_session.progressed'
  const attributes = { 'ctrip.checkout_session.id': before.id }
  const traceparent = await inAnchoredSpan(name, { anchor: before.traceAnchor, attributes }, async () =>
    currentTraceparent(),
  )
  return { before, outcome, actor, blockNumber: blockNumber ?? null, traceparent: traceparent ?? before.traceAnchor }
}
