import { type Address, addressFromBytes, addressToBytes } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { idFromUuid, idToUuid, type MerchantId, type PaymentId, type SweepId, type TransferId } from '@ctrip/domain/ids'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { Uncollected } from '@ctrip/domain/sweep/attribute'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Executor } from '../database/database'
import type { Prisma } from '../generated/prisma/client'
import { hexOf, toAddressOrNull, toAmount, toAsset } from '../payments/payment-rows'

/** Confirmed money at an address, in one asset, that no sweep is at work on. */
export interface Collectable {
  readonly address: Address
  readonly wallet: string
  readonly addressIndex: number
  readonly paymentId: PaymentId
  readonly merchantId: MerchantId
  readonly paymentAnchor: string
  /** What the payment asked for, which is not always what came; null is native coin. */
  readonly paymentContract: Address | null
  readonly asset: Asset
  readonly amount: Amount
  /** When the newest of it arrived. */
  readonly arrivedAt: Date
  readonly failures: number
}

/** One round's share of addresses; the rest come in the next. */
const COLLECTABLE_MAX = 1_000

/**
 * What is to be collected, oldest first: the truth that the planner works from, whatever it was or was not told (index
 * transfers_to_collect). An address that a sweep holds, or whose last transaction is not settled, waits its turn; so
 * does what was lately found not worth it or impossible, unless more has come.
 */
export async function readCollectable(executor: Executor, chainId: number): Promise<Collectable[]> {
  const rows = await executor.$queryRaw<CollectableRow[]>`
    SELECT transfers.to_address AS address, deposit_addresses.wallet, deposit_addresses.index AS address_index,
      payments.id AS payment_id, payments.merchant_id, payments.trace_anchor AS payment_anchor,
      payments.asset_contract AS payment_contract, transfers.asset_symbol, transfers.asset_contract, transfers.asset_decimals, sum(transfers.amount) AS amount,
      max(transfers.created_at) AS arrived_at, coalesce(max(waits.failures), 0)::int AS failures
    FROM transfers
    JOIN deposit_addresses ON deposit_addresses.address = transfers.to_address
    JOIN payments ON payments.id = transfers.payment_id
    LEFT JOIN collection_waits waits ON waits.chain_id = transfers.chain_id AND waits.address = transfers.to_address
      AND waits.asset_symbol = transfers.asset_symbol
    WHERE transfers.chain_id = ${chainId} AND collected_by IS NULL AND kind <> 'funding'
      AND transfers.status IN ('confirmed', 'final')
      AND NOT EXISTS (SELECT 1 FROM sweep_items
        WHERE sweep_items.chain_id = transfers.chain_id AND sweep_items.address = transfers.to_address AND active)
      AND NOT EXISTS (SELECT 1 FROM sweep_transactions sent WHERE sent.chain_id = transfers.chain_id
        AND sent.sender = transfers.to_address AND sent.status IN ('signed', 'broadcast', 'mined'))
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    HAVING max(waits.retry_at) IS NULL OR max(waits.retry_at) <= clock_timestamp() OR sum(transfers.amount) <> max(waits.amount)
    ORDER BY min(transfers.created_at) LIMIT ${COLLECTABLE_MAX}`
  return rows.map(toCollectable)
}

/** Lets everything that waits be looked at again now. */
export async function endWaits(tx: Executor, chainId: number): Promise<void> {
  await tx.$executeRaw`UPDATE collection_waits SET retry_at = clock_timestamp() WHERE chain_id = ${chainId}`
}

/** How often in a row the collection from these addresses has failed. */
export async function readFailures(
  tx: Executor,
  chainId: number,
  asset: Asset,
  addresses: readonly Address[],
): Promise<Map<Address, number>> {
  const rows = await tx.$queryRaw<{ address: Uint8Array; failures: number }[]>`
    SELECT address, failures FROM collection_waits WHERE chain_id = ${chainId} AND asset_symbol = ${asset.symbol}
      AND address = ANY(${addresses.map(addressToBytes)}::bytea[])`
  return new Map(rows.map((row) => [addressFromBytes(row.address), row.failures]))
}

/** Notes why money waits, and until when. */
export async function recordWaits(
  tx: Executor,
  chainId: number,
  waits: readonly {
    readonly address: Address
    readonly asset: Asset
    readonly amount: Amount
    readonly reason: WaitReason
    readonly failures: number
    readonly retryAt: Date
  }[],
): Promise<void> {
  if (waits.length === 0) return
  const rows = waits.map((wait) => ({
    address: hexOf(wait.address),
    asset_symbol: wait.asset.symbol,
    amount: wait.amount.toString(),
    reason: wait.reason,
    failures: wait.failures,
    retry_at: wait.retryAt,
  }))
  await tx.$executeRaw`
    INSERT INTO collection_waits AS known (chain_id, address, asset_symbol, amount, reason, failures, retry_at)
    SELECT ${chainId}, address, asset_symbol, amount, reason, failures, retry_at
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS given(
      address bytea, asset_symbol text, amount numeric, reason text, failures int, retry_at timestamptz)
    ON CONFLICT (chain_id, address, asset_symbol) DO UPDATE SET amount = excluded.amount, reason = excluded.reason,
      failures = excluded.failures, retry_at = excluded.retry_at,
      since = CASE WHEN known.reason = excluded.reason THEN known.since ELSE excluded.since END`
}

export async function clearWaits(
  tx: Executor,
  chainId: number,
  asset: Asset,
  addresses: readonly Address[],
): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM collection_waits WHERE chain_id = ${chainId} AND asset_symbol = ${asset.symbol}
      AND address = ANY(${addresses.map(addressToBytes)}::bytea[])`
}

/** Where in the chain a sweep took an address' money: for native coin the transaction's index, for tokens its log's. */
export interface SweepPosition {
  readonly blockNumber: number
  readonly position: number
}

/**
 * Canonical money at an address that came before a sweep and that no sweep has taken, oldest first. Unconfirmed money is
 * among it: a sweep of a whole balance takes it along. The place of an internal transfer within its block is not known
 * by transaction: it is let in, and stands last.
 */
export async function uncollectedBefore(
  tx: Executor,
  chainId: number,
  address: Address,
  asset: Asset,
  sweep: SweepPosition,
): Promise<Uncollected[]> {
  const contract = asset.contract === null ? null : addressToBytes(asset.contract)
  const rows = await tx.$queryRaw<{ id: string; amount: Prisma.Decimal }[]>`
    SELECT id, amount FROM transfers
    WHERE chain_id = ${chainId} AND to_address = ${addressToBytes(address)} AND asset_contract IS NOT DISTINCT FROM ${contract}
      AND collected_by IS NULL AND kind <> 'funding' AND status <> 'orphaned'
      AND (block_number < ${sweep.blockNumber}
        OR block_number = ${sweep.blockNumber} AND (kind = 'internal' OR position < ${sweep.position}))
    ORDER BY block_number, kind = 'internal', position`
  return rows.map((row) => ({ id: idFromUuid('transfer', row.id), amount: toAmount(row.amount) }))
}

/** The newest confirmed sweep that took an asset from an address, and the block in which it did (index sweep_items_by_payment). */
export async function newestSweepOf(
  tx: Executor,
  chainId: number,
  paymentId: PaymentId,
  asset: Asset,
): Promise<{ readonly id: SweepId; readonly blockNumber: number } | null> {
  const contract = asset.contract === null ? null : addressToBytes(asset.contract)
  const rows = await tx.$queryRaw<{ id: string; block_number: bigint }[]>`
    SELECT sweeps.id, sent.block_number
    FROM sweep_items JOIN sweeps ON sweeps.id = sweep_items.sweep_id
    JOIN sweep_transactions sent ON sent.sweep_id = sweeps.id AND sent.purpose = 'collect' AND sent.status = 'confirmed'
    WHERE sweep_items.payment_id = ${idToUuid(paymentId)}::uuid AND sweep_items.chain_id = ${chainId} AND amount_collected > 0
      AND sweeps.asset_contract IS NOT DISTINCT FROM ${contract} AND sweeps.status = 'confirmed'
    ORDER BY sent.block_number DESC LIMIT 1`
  const [row] = rows
  return row === undefined ? null : { id: idFromUuid('sweep', row.id), blockNumber: Number(row.block_number) }
}

export async function markCollected(tx: Executor, sweepId: SweepId, ids: readonly TransferId[]): Promise<void> {
  if (ids.length === 0) return
  await tx.$executeRaw`
    UPDATE transfers SET collected_by = ${idToUuid(sweepId)}::uuid
    WHERE id = ANY(${ids.map(idToUuid)}::uuid[]) AND collected_by IS NULL`
}

interface CollectableRow {
  address: Uint8Array
  wallet: string
  address_index: number
  payment_id: string
  merchant_id: string
  payment_anchor: string
  payment_contract: Uint8Array | null
  asset_symbol: string
  asset_contract: Uint8Array | null
  asset_decimals: number
  amount: Prisma.Decimal
  arrived_at: Date
  failures: number
}

function toCollectable(row: CollectableRow): Collectable {
  return {
    address: addressFromBytes(row.address),
    wallet: row.wallet,
    addressIndex: row.address_index,
    paymentId: idFromUuid('payment', row.payment_id),
    merchantId: idFromUuid('merchant', row.merchant_id),
    paymentAnchor: row.payment_anchor,
    paymentContract: toAddressOrNull(row.payment_contract),
    asset: toAsset(row),
    amount: toAmount(row.amount),
    arrivedAt: row.arrived_at,
    failures: row.failures,
  }
}
