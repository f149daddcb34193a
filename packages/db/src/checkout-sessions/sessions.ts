import type { CheckoutSession, SessionStatus } from '@ctrip/domain/checkout-session/session'
import type { SessionOutcome } from '@ctrip/domain/checkout-session/transition'
import { type CheckoutSessionId, idFromUuid, idToUuid, type MerchantId, type PaymentId } from '@ctrip/domain/ids'
import { traceIdOf } from '@ctrip/domain/payment/view'
import type { Database, Executor } from '../database/database'
import { ConflictError } from '../database/errors'
import { type Page, type PageOf, pageOf } from '../database/pages'
import { appendEvents } from '../events/events'
import { type SessionRow, withPayments } from './session-rows'

/** Sessions that one round of the expiry takes; the rest come in the next. */
export const SESSIONS_PER_ROUND_MAX = 200

/** The filters of a list; null filters nothing. */
export interface SessionFilter {
  readonly status: SessionStatus | null
  readonly reference: string | null
  readonly createdFrom: Date | null
  readonly createdBefore: Date | null
}

/**
 * Locks sessions in the order of their ids. A transaction that locks payments as well locks these first: then no two writers wait for each
 * other in a circle.
 */
export async function lockSessions(tx: Executor, ids: readonly CheckoutSessionId[]): Promise<void> {
  if (ids.length === 0) return
  await tx.$queryRaw`SELECT 1 FROM checkout_sessions WHERE id = ANY(${ids.map(idToUuid)}::uuid[]) ORDER BY id FOR UPDATE`
}

/** Reads sessions in the order of their ids. */
export async function readSessions(executor: Executor, ids: readonly CheckoutSessionId[]): Promise<CheckoutSession[]> {
  if (ids.length === 0) return []
  const rows = await executor.$queryRaw<SessionRow[]>`
    SELECT * FROM checkout_sessions WHERE id = ANY(${ids.map(idToUuid)}::uuid[]) ORDER BY id`
  return withPayments(executor, rows)
}

/** A merchant's session; null for another's, as for none. */
export async function findSession(
  executor: Executor,
  merchantId: MerchantId,
  id: CheckoutSessionId,
): Promise<CheckoutSession | null> {
  const rows = await executor.$queryRaw<SessionRow[]>`
    SELECT * FROM checkout_sessions WHERE id = ${idToUuid(id)}::uuid AND merchant_id = ${idToUuid(merchantId)}::uuid`
  const [session] = await withPayments(executor, rows)
  return session ?? null
}

/** A merchant's sessions, newest first, by the indexes checkout_sessions_by_merchant or checkout_sessions_by_reference. */
export async function listSessions(
  executor: Executor,
  merchantId: MerchantId,
  filter: SessionFilter,
  page: Page<CheckoutSessionId>,
): Promise<PageOf<CheckoutSession>> {
  const startingAfter = page.startingAfter === null ? null : idToUuid(page.startingAfter)
  const rows = await executor.$queryRaw<SessionRow[]>`
    SELECT * FROM checkout_sessions
    WHERE merchant_id = ${idToUuid(merchantId)}::uuid
      AND (${startingAfter}::uuid IS NULL OR id < ${startingAfter}::uuid)
      AND (${filter.status}::text IS NULL OR status = ${filter.status})
      AND (${filter.reference}::text IS NULL OR reference = ${filter.reference})
      AND (${filter.createdFrom}::timestamptz IS NULL OR created_at >= ${filter.createdFrom})
      AND (${filter.createdBefore}::timestamptz IS NULL OR created_at < ${filter.createdBefore})
    ORDER BY id DESC LIMIT ${page.limit + 1}`
  const { items, hasMore } = pageOf(rows, page)
  return { items: await withPayments(executor, items), hasMore }
}

/** The payments of a session, oldest first (index payments_by_checkout_session). */
export async function paymentsOfSession(executor: Executor, id: CheckoutSessionId): Promise<PaymentId[]> {
  const rows = await executor.$queryRaw<{ id: string }[]>`
    SELECT id FROM payments WHERE checkout_session_id = ${idToUuid(id)}::uuid ORDER BY id`
  return rows.map((row) => idFromUuid('payment', row.id))
}

/**
 * Open sessions whose time is over and none of whose payments is open: each payment is closed by its own chain's scan (indexes
 * checkout_sessions_to_expire and payments_by_checkout_session).
 */
export async function sessionsToExpire(executor: Executor): Promise<CheckoutSessionId[]> {
  const rows = await executor.$queryRaw<{ id: string }[]>`
    SELECT id FROM checkout_sessions WHERE status = 'open' AND expires_at <= clock_timestamp()
      AND NOT EXISTS (SELECT 1 FROM payments WHERE checkout_session_id = checkout_sessions.id
        AND payments.status IN ('pending', 'partially_paid', 'detected'))
    ORDER BY expires_at LIMIT ${SESSIONS_PER_ROUND_MAX}`
  return rows.map((row) => idFromUuid('checkoutSession', row.id))
}

/** By the index checkout_sessions_to_expire. */
export async function countOpenSessions(db: Database): Promise<number> {
  const [row] = await db.query(
    'sessions.count_open',
    (prisma) =>
      prisma.$queryRaw<{ count: bigint }[]>`SELECT count(*) AS count FROM checkout_sessions WHERE status = 'open'`,
  )
  return Number(row?.count ?? 0n)
}

export interface SessionChange {
  readonly before: CheckoutSession
  readonly outcome: Extract<SessionOutcome, { kind: 'changed' }>
  readonly actor: string
  readonly blockNumber: number | null
  /** The span in which it was decided, in the session's trace. */
  readonly traceparent: string
}

/**
 * Saves changes that `transitionSession` decided: the session, its transitions, events and outbox rows, all in `tx`. Compare-and-set on
 * `sequence` besides the row lock: throws ConflictError if the session is not as it was read.
 */
export async function saveSession(tx: Executor, change: SessionChange): Promise<void> {
  const { before, outcome, actor, blockNumber, traceparent } = change
  const { session, steps, events } = outcome
  const id = idToUuid(session.id)
  const updated = await tx.$executeRaw`
    UPDATE checkout_sessions SET status = ${session.status}, amount_paid = ${session.amountPaid.toString()}::numeric,
      amount_pending = ${session.amountPending.toString()}::numeric, sequence = ${session.sequence},
      completed_at = ${session.completedAt}::timestamptz, expires_at = ${session.expiresAt}, updated_at = clock_timestamp()
    WHERE id = ${id}::uuid AND sequence = ${before.sequence}`
  if (updated !== 1) throw new ConflictError('a checkout session changed under us')
  for (const [n, { from, to }] of steps.entries()) {
    await tx.$executeRaw`
      INSERT INTO checkout_session_transitions (checkout_session_id, from_status, to_status, sequence, actor, block_number, trace_id)
      VALUES (${id}::uuid, ${from}, ${to}, ${before.sequence + n + 1}, ${actor}, ${blockNumber}::bigint, ${traceIdOf(session.traceAnchor)})`
  }
  await appendEvents(
    tx,
    events.map((draft) => ({ draft, traceparent })),
  )
}
