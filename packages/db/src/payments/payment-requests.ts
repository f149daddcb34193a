import type { Amount } from '@ctrip/domain/amount'
import { idToUuid, type PaymentId } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'
import { toAmount } from './payment-rows'

/** A granted request of a merchant about its payment. */
export type PaymentRequest =
  | { readonly kind: 'cancel' }
  | { readonly kind: 'accept'; readonly amount: Amount }
  | { readonly kind: 'extend'; readonly expiresAt: Date }
  | { readonly kind: 'edit' }

export type PaymentRequestRow = PaymentRequest & { readonly at: Date; readonly actor: string }

/** Notes a request, for the timeline, in the transaction that grants it. */
export async function recordRequest(
  tx: Executor,
  id: PaymentId,
  request: PaymentRequest,
  actor: string,
): Promise<void> {
  const amount = request.kind === 'accept' ? request.amount.toString() : null
  const expiresAt = request.kind === 'extend' ? request.expiresAt : null
  await tx.$executeRaw`
    INSERT INTO payment_requests (payment_id, kind, actor, amount, expires_at)
    VALUES (${idToUuid(id)}::uuid, ${request.kind}, ${actor}, ${amount}::numeric, ${expiresAt}::timestamptz)`
}

/** Oldest first, by the index payment_requests_by_payment. */
export async function readRequests(executor: Executor, id: PaymentId, limit: number): Promise<PaymentRequestRow[]> {
  const rows = await executor.payment_requests.findMany({
    where: { payment_id: idToUuid(id) },
    orderBy: { id: 'asc' },
    take: limit,
  })
  return rows.map(({ at, actor, kind, amount, expires_at: expiresAt }) => {
    if (amount !== null) return { at, actor, kind: 'accept', amount: toAmount(amount) }
    if (expiresAt !== null) return { at, actor, kind: 'extend', expiresAt }
    return { at, actor, kind: kind === 'cancel' ? 'cancel' : 'edit' }
  })
}

/** Changes the merchant's own notes on its payment: no decision depends on them, and no event is written. */
export async function editNotes(
  tx: Executor,
  id: PaymentId,
  notes: { readonly metadata?: Readonly<Record<string, string>>; readonly reference?: string | null },
): Promise<void> {
  await tx.payments.update({
    where: { id: idToUuid(id) },
    data: { ...notes, updated_at: new Date() },
    select: { id: true },
  })
}

/** By the clock that every service shares. */
export async function databaseTime(executor: Executor): Promise<Date> {
  const rows = await executor.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`
  const [row] = rows
  if (row === undefined) throw new RangeError('the database told no time')
  return row.now
}
