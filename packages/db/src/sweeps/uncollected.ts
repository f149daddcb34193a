import { type Address, addressFromBytes, addressToBytes } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { idFromUuid, idToUuid, type PaymentId, type SweepId, type TransferId } from '@ctrip/domain/ids'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { Uncollected } from '@ctrip/domain/sweep/attribute'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Executor } from '../database/database'
import type { Prisma } from '../generated/prisma/client'
import { hexOf, toAmount, toAsset } from '../payments/payment-rows'
import {
  DEPOSIT_ADDRESS_COLUMNS,
  type DepositAddress,
  type DepositAddressRow,
  toDepositAddress,
} from './deposit-address'

/** Confirmed money at an address, in one asset, that no sweep is at work on. */
export interface Collectable extends DepositAddress {
  readonly asset: Asset
  readonly amount: Amount
  /** When the newest of it arrived. */
  readonly arrivedAt: Date
  readonly failures: number
}

/** Twice what a round plans, as an address may have several assets; the rest come in the next. */
const COLLECTABLE_MAX = 400

/**
 * What is to be collected, oldest first: the truth that the planner works from, whatever it was or was not told (index
 * transfers_to_collect). An address that a sweep holds, or whose last transaction is not settled, waits its turn; so
 * does what was lately found not worth it or impossible, unless more has come.
 *
 * What is left out is left out by NOT IN, which Postgres hashes: a NOT EXISTS it joins, and where it takes the backlog for
 * empty, as right after a burst, it joins by nested loops (5,000 addresses waiting beside 1,000 open sweeps: 4.9 million
 * buffers instead of 10,000). Whose an address is, is looked up for those that are given only.
 */
export async function readCollectable(executor: Executor, chainId: number): Promise<Collectable[]> {
  const rows = await executor.$queryRaw<CollectableRow[]>`
    SELECT ${DEPOSIT_ADDRESS_COLUMNS}, waiting.asset_symbol, waiting.asset_contract, waiting.asset_decimals, waiting.amount,
      waiting.arrived_at, coalesce(waits.failures, 0) AS failures
    FROM (
      SELECT to_address, asset_symbol, asset_contract, asset_decimals, sum(amount) AS amount,
        min(created_at) AS waits_since, max(created_at) AS arrived_at
      FROM transfers
      WHERE chain_id = ${chainId} AND collected_by IS NULL AND kind <> 'funding' AND status IN ('confirmed', 'final')
        AND to_address NOT IN (SELECT address FROM sweep_items WHERE chain_id = ${chainId} AND active)
        AND to_address NOT IN (SELECT sender FROM sweep_transactions
          WHERE chain_id = ${chainId} AND status IN ('signed', 'broadcast', 'mined'))
      GROUP BY 1, 2, 3, 4
      HAVING (to_address, asset_symbol, sum(amount)) NOT IN (SELECT address, asset_symbol, amount FROM collection_waits
        WHERE chain_id = ${chainId} AND retry_at > clock_timestamp())
      ORDER BY waits_since LIMIT ${COLLECTABLE_MAX}
    ) waiting
    JOIN deposit_addresses ON deposit_addresses.address = to_address
    JOIN payments ON payments.id = payment_id
    LEFT JOIN collection_waits waits ON waits.chain_id = ${chainId} AND waits.address = to_address
      AND waits.asset_symbol = waiting.asset_symbol
    ORDER BY waits_since`
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

interface CollectableRow extends DepositAddressRow {
  asset_symbol: string
  asset_contract: Uint8Array | null
  asset_decimals: number
  amount: Prisma.Decimal
  arrived_at: Date
  failures: number
}

function toCollectable(row: CollectableRow): Collectable {
  const { arrived_at: arrivedAt, failures } = row
  return { ...toDepositAddress(row), asset: toAsset(row), amount: toAmount(row.amount), arrivedAt, failures }
}
