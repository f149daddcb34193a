import { type Address, addressFromBytes } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { idToUuid, type PaymentId } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'
import type { Prisma } from '../generated/prisma/client'
import { toAmount } from './payment-rows'

/** What may keep a payment waiting that is not in its own rows. */
export interface PaymentWaits {
  /** Why the chain has stopped; null while it moves. */
  readonly haltedReason: string | null
  /** Blocks of its chain whose internal transfers are still unknown: one of them may have paid it. */
  readonly traceDebts: number
  /** Why its confirmed money is not being collected: a chain that is paused, or this address for now. */
  readonly collection: { readonly reason: string; readonly retryAt: Date | null } | null
  /** Why the next transaction of its open sweep is not signed; null while none waits. */
  readonly sweepReason: string | null
  /** The amount that the chain's gas wallet lacks, in wei; null while it lacks nothing. */
  readonly gasWallet: { readonly address: Address; readonly missing: Amount } | null
  /** The next webhook that is tried again. */
  readonly retry: { readonly eventType: string; readonly dueAt: Date; readonly attempts: number } | null
}

/** By the primary keys, sweep_items_by_payment and events_by_payment. */
export async function readPaymentWaits(executor: Executor, id: PaymentId, chainId: number): Promise<PaymentWaits> {
  const uuid = idToUuid(id)
  const [halt] = await executor.$queryRaw<{ halted_reason: string | null }[]>`
    SELECT halted_reason FROM chain_state WHERE chain_id = ${chainId}`
  const [debts] = await executor.$queryRaw<{ count: bigint }[]>`
    SELECT count(*) AS count FROM trace_debts WHERE chain_id = ${chainId}`
  const [collection] = await executor.$queryRaw<{ reason: string; retry_at: Date | null }[]>`
    SELECT 'paused' AS reason, NULL::timestamptz AS retry_at FROM sweep_pauses WHERE chain_id = ${chainId}
    UNION ALL
    SELECT reason, retry_at FROM collection_waits JOIN deposit_addresses USING (address)
    WHERE chain_id = ${chainId} AND payment_id = ${uuid}::uuid
    LIMIT 1`
  const [sweep] = await executor.$queryRaw<{ reason: string }[]>`
    SELECT sweep_waits.reason FROM sweep_waits JOIN sweep_items USING (sweep_id)
    WHERE payment_id = ${uuid}::uuid ORDER BY sweep_id DESC LIMIT 1`
  const [shortage] = await executor.$queryRaw<{ address: Uint8Array; missing: Prisma.Decimal }[]>`
    SELECT address, missing FROM gas_wallet_shortages WHERE chain_id = ${chainId}`
  const [retry] = await executor.$queryRaw<{ type: string; due_at: Date; attempts: number }[]>`
    SELECT type, due_at, queue.attempts FROM events
    JOIN deliveries ON deliveries.event_id = events.id
    JOIN delivery_queue queue ON queue.delivery_id = deliveries.id
    WHERE events.payment_id = ${uuid}::uuid AND queue.attempts > 0 ORDER BY due_at LIMIT 1`
  return {
    haltedReason: halt?.halted_reason ?? null,
    traceDebts: Number(debts?.count ?? 0n),
    collection: collection === undefined ? null : { reason: collection.reason, retryAt: collection.retry_at },
    sweepReason: sweep?.reason ?? null,
    gasWallet:
      shortage === undefined
        ? null
        : { address: addressFromBytes(shortage.address), missing: toAmount(shortage.missing) },
    retry: retry === undefined ? null : { eventType: retry.type, dueAt: retry.due_at, attempts: retry.attempts },
  }
}
