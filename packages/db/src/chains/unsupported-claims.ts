import { type Id, type IdKind, idFromUuid, idToUuid, type PaymentId } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'

/** A payment, an event or a delivery that contradicts the rows that it should follow from. */
export interface UnsupportedClaim {
  /** Null for an event that is about no payment. */
  readonly paymentId: PaymentId | null
  /** Empty where none is known. */
  readonly chain: string
  readonly subject: 'payment' | 'event' | 'delivery'
  readonly id: Id<IdKind>
  readonly contradiction: string
}

/** Claims to be judged, and where to continue. */
export interface ClaimsPage {
  readonly payments: readonly string[]
  /** Events that are about no payment. */
  readonly events: readonly string[]
  /** Null for an empty page. */
  readonly last: string | null
  readonly isLast: boolean
}

export const FIRST_CLAIM = '00000000-0000-0000-0000-000000000000'
/** Transactions that began before others and commit after them have ended by then: their events are not skipped. */
const SETTLED_AFTER_SECONDS = 30

/** The next payments, in the order of their ids (primary key). */
export async function nextPayments(executor: Executor, after: string, limit: number): Promise<ClaimsPage> {
  const rows = await executor.$queryRaw<{ id: string }[]>`
    SELECT id FROM payments WHERE id > ${after}::uuid ORDER BY id LIMIT ${limit}`
  return { payments: rows.map(({ id }) => id), events: [], ...endOf(rows, limit) }
}

/** The next events and the payments that they are about, in the order of their ids, which is that of time (primary key, by day). */
export async function nextEvents(executor: Executor, after: string, limit: number): Promise<ClaimsPage> {
  const rows = await executor.$queryRaw<{ id: string; payment_id: string | null }[]>`
    SELECT id, payment_id FROM events
    WHERE id > ${after}::uuid AND id < uuidv7_floor(now() - ${SETTLED_AFTER_SECONDS} * interval '1 second') ORDER BY id LIMIT ${limit}`
  return {
    payments: [...new Set(rows.flatMap(({ payment_id: payment }) => payment ?? []))],
    events: rows.filter(({ payment_id: payment }) => payment === null).map(({ id }) => id),
    ...endOf(rows, limit),
  }
}

/** Judges claims as the checks at commit do (migration 0033_find_unsupported_claims). */
export async function findUnsupportedClaims(
  executor: Executor,
  { payments, events }: Pick<ClaimsPage, 'payments' | 'events'>,
): Promise<UnsupportedClaim[]> {
  if (payments.length === 0 && events.length === 0) return []
  const rows = await executor.$queryRaw<ClaimRow[]>`
    SELECT payment_id, chain, subject, id, contradiction
    FROM find_unsupported_claims(${[...payments]}::uuid[], ${[...events]}::uuid[])`
  return rows.map((row) => ({
    paymentId: row.payment_id === null ? null : idFromUuid('payment', row.payment_id),
    chain: row.chain,
    subject: row.subject,
    id: idFromUuid(row.subject, row.id),
    contradiction: row.contradiction,
  }))
}

/** The claims that an earlier one named, to be judged again. */
export function claimsOf(claims: readonly UnsupportedClaim[]): Pick<ClaimsPage, 'payments' | 'events'> {
  return {
    payments: [...new Set(claims.flatMap(({ paymentId }) => (paymentId === null ? [] : idToUuid(paymentId))))],
    events: claims.filter(({ paymentId }) => paymentId === null).map(({ id }) => idToUuid(id)),
  }
}

function endOf(rows: readonly { readonly id: string }[], limit: number): Pick<ClaimsPage, 'last' | 'isLast'> {
  return { last: rows.at(-1)?.id ?? null, isLast: rows.length < limit }
}

interface ClaimRow {
  payment_id: string | null
  chain: string
  subject: UnsupportedClaim['subject']
  id: string
  contradiction: string
}
