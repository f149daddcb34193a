import type { Executor } from '@ctrip/db/database/database'
import { type PaymentChange, type PaymentSubject, readPayments, savePayments } from '@ctrip/db/payments/payments'
import { assert } from '@ctrip/domain/assert'
import type { Hash } from '@ctrip/domain/hash'
import type { CheckoutSessionId, PaymentId } from '@ctrip/domain/ids'
import type { ChainView } from '@ctrip/domain/payment/stages'
import { type Fact, type TransitionResult, transition } from '@ctrip/domain/payment/transition'
import type { RateBook } from '@ctrip/domain/rates/rate-book'
import { currentTraceparent, inAnchoredSpan } from '@ctrip/telemetry/spans'
import { changeSessions, type SessionResult } from './change-sessions'

export interface Cause {
  /** The actor: a service's name, or an API key's id. */
  readonly actor: string
  readonly blockNumber?: number
  readonly txHash?: Hash
  /** How far a chain has been scanned, where this transaction itself moves it. */
  readonly chain?: { readonly chainId: number; readonly view: ChainView }
  /** The prices by which checkout sessions are decided again. The sweeper has none: a sweep changes no session. */
  readonly rateBook?: RateBook
}

export interface ChangeResult {
  readonly subject: PaymentSubject
  readonly outcome: TransitionResult
  /** The outcome for the payment's checkout session, on the first of its payments; null on the others, and where there is no session. */
  readonly session: SessionResult | null
}

/**
 * Tells payments a fact and saves what follows from it: the one way in which a payment changes. Their checkout sessions follow in the same
 * transaction. The caller has locked the payments (`lockPayments`), and no session yet, and has written what the fact is about (transfers,
 * sweeps) in the same transaction. After the commit it hands the result to `reportChanges`.
 */
export async function changePayments(
  tx: Executor,
  ids: readonly PaymentId[],
  factFor: (subject: PaymentSubject) => Fact,
  cause: Cause,
): Promise<ChangeResult[]> {
  const results: Omit<ChangeResult, 'session'>[] = []
  const movers: SessionMover[] = []
  const changes: PaymentChange[] = []
  for (const read of await readPayments(tx, ids)) {
    const subject = read.payment.chainId === cause.chain?.chainId ? { ...read, chain: cause.chain.view } : read
    const fact = factFor(subject)
    const outcome = transition(subject, fact, subject.chain, new Date())
    results.push({ subject, outcome })
    movers.push({ fact, session: subject.payment.checkoutSession })
    if (outcome.kind === 'changed') changes.push(await markInTrace(subject, outcome, cause))
  }
  await savePayments(tx, changes)
  return withSessions(results, await followSessions(tx, movers, cause))
}

interface SessionMover {
  readonly fact: Fact
  readonly session: CheckoutSessionId | null
}

/** A session depends on transfers and on what its merchant asks of payments, never on sweeps. */
async function followSessions(
  tx: Executor,
  movers: readonly SessionMover[],
  { rateBook, actor, blockNumber }: Cause,
): Promise<SessionResult[]> {
  const moved = movers.filter(({ fact }) => fact.kind !== 'sweep_confirmed' && fact.kind !== 'sweep_orphaned')
  const ids = new Set(moved.flatMap(({ session }) => session ?? []))
  if (ids.size === 0) return []
  assert(rateBook !== undefined, 'a change that sessions follow is made with rates')
  const reorged = moved.some(({ fact }) => fact.kind === 'transfers_changed' && fact.orphaned.length > 0)
  const by = { actor, rateBook, ...(blockNumber === undefined ? {} : { blockNumber }) }
  return changeSessions(tx, [...ids], { kind: 'payments_changed', reorged }, by)
}

function withSessions(
  results: readonly Omit<ChangeResult, 'session'>[],
  sessions: readonly SessionResult[],
): ChangeResult[] {
  const waiting = new Map(sessions.map((result) => [result.before.id, result]))
  return results.map((result) => {
    const { checkoutSession } = result.subject.payment
    const session = checkoutSession === null ? null : (waiting.get(checkoutSession) ?? null)
    if (session !== null) waiting.delete(session.before.id)
    return { ...result, session }
  })
}

/** The change as a span of the payment's trace, which its events name as their origin. */
async function markInTrace(
  { payment }: PaymentSubject,
  outcome: PaymentChange['outcome'],
  { actor, blockNumber, txHash }: Cause,
): Promise<PaymentChange> {
  const attributes = {
    'ctrip.payment.id': payment.id,
    'ctrip.chain': payment.chain,
    ...(txHash === undefined ? {} : { 'ctrip.tx.hash': txHash }),
  }
  const name = outcome.events.at(-1)?.type ?? 'payment.progressed'
  const traceparent = await inAnchoredSpan(name, { anchor: payment.traceAnchor, attributes }, async () =>
    currentTraceparent(),
  )
  return {
    before: payment,
    outcome,
    actor,
    blockNumber: blockNumber ?? null,
    traceparent: traceparent ?? payment.traceAnchor,
  }
}
