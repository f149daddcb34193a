import { type Address, addressFromBytes, addressToBytes } from '@ctrip/domain/address'
import { type Amount, ZERO } from '@ctrip/domain/amount'
import { idFromUuid, type PaymentId } from '@ctrip/domain/ids'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Executor } from '../database/database'
import type { Prisma } from '../generated/prisma/client'
import { hexOf, toAmount, toAsset } from '../payments/payment-rows'

/** Earlier tries of an amount of money that brought nothing. */
export interface Setbacks {
  readonly failures: number
  /** Those of them, in a row, whose transaction was mined. */
  readonly minedFailures: number
  /** The fees that they cost, in wei. */
  readonly feesSpent: Amount
}

export const NO_SETBACKS: Setbacks = { failures: 0, minedFailures: 0, feesSpent: ZERO }

/** Notes why money waits, and until when. Mined failures and fees stay as they are where none are given. */
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
    readonly minedFailures?: number
    readonly feesSpent?: Amount
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
    mined_failures: wait.minedFailures ?? null,
    fees_spent: wait.feesSpent?.toString() ?? null,
  }))
  await tx.$executeRaw`
    INSERT INTO collection_waits AS known
      (chain_id, address, asset_symbol, amount, reason, failures, retry_at, mined_failures, fees_spent)
    SELECT ${chainId}, address, asset_symbol, amount, reason, failures, retry_at,
      coalesce(mined_failures, before.mined, 0), coalesce(fees_spent, before.fees, 0)
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS given(address bytea, asset_symbol text, amount numeric,
      reason text, failures int, retry_at timestamptz, mined_failures int, fees_spent numeric)
    LEFT JOIN (SELECT address, asset_symbol, mined_failures AS mined, fees_spent AS fees FROM collection_waits
      WHERE chain_id = ${chainId}) before USING (address, asset_symbol)
    ON CONFLICT (chain_id, address, asset_symbol) DO UPDATE SET amount = excluded.amount, reason = excluded.reason,
      failures = excluded.failures, retry_at = excluded.retry_at, mined_failures = excluded.mined_failures,
      fees_spent = excluded.fees_spent,
      since = CASE WHEN known.reason = excluded.reason THEN known.since ELSE excluded.since END`
}

/** Earlier tries for the money of an asset at these addresses. */
export async function readSetbacks(
  executor: Executor,
  chainId: number,
  asset: Asset,
  addresses: readonly Address[],
): Promise<Map<Address, Setbacks>> {
  const rows = await executor.$queryRaw<(SetbackRow & { address: Uint8Array })[]>`
    SELECT address, failures, mined_failures, fees_spent FROM collection_waits
    WHERE chain_id = ${chainId} AND asset_symbol = ${asset.symbol}
      AND address = ANY(${addresses.map(addressToBytes)}::bytea[])`
  return new Map(rows.map((row) => [addressFromBytes(row.address), toSetbacks(row)]))
}

export interface SetbackRow {
  readonly failures: number
  readonly mined_failures: number
  readonly fees_spent: Prisma.Decimal
}

export function toSetbacks({ failures, mined_failures: minedFailures, fees_spent: fees }: SetbackRow): Setbacks {
  return { failures, minedFailures, feesSpent: toAmount(fees) }
}

/** Money that waits and is not due. */
export interface WaitingMoney extends Setbacks {
  readonly paymentId: PaymentId
  readonly address: Address
  readonly asset: Asset
  readonly amount: Amount
  readonly reason: WaitReason
  readonly retryAt: Date
}

/** Confirmed money that no sweep is at work on and that is not due yet, the next first (index transfers_to_collect). */
export async function readWaitingMoney(executor: Executor, chainId: number, limit: number): Promise<WaitingMoney[]> {
  const rows = await executor.$queryRaw<WaitingMoneyRow[]>`
    SELECT payment_id, waits.address, unswept.*, amount, reason, retry_at, failures, mined_failures, fees_spent
    FROM collection_waits waits
    JOIN (SELECT DISTINCT to_address, asset_symbol, asset_contract, asset_decimals FROM transfers
      WHERE chain_id = ${chainId} AND collected_by IS NULL AND kind <> 'funding' AND status IN ('confirmed', 'final')
    ) unswept ON unswept.to_address = waits.address AND unswept.asset_symbol = waits.asset_symbol
    JOIN deposit_addresses ON deposit_addresses.address = waits.address
    WHERE chain_id = ${chainId} AND retry_at > clock_timestamp()
      AND waits.address NOT IN (SELECT address FROM sweep_items WHERE chain_id = ${chainId} AND active)
    ORDER BY retry_at, waits.address LIMIT ${limit}`
  return rows.map((row) => ({
    ...toSetbacks(row),
    paymentId: idFromUuid('payment', row.payment_id),
    address: addressFromBytes(row.address),
    asset: toAsset(row),
    amount: toAmount(row.amount),
    reason: row.reason,
    retryAt: row.retry_at,
  }))
}

interface WaitingMoneyRow extends SetbackRow {
  readonly payment_id: string
  readonly address: Uint8Array
  readonly asset_symbol: string
  readonly asset_contract: Uint8Array | null
  readonly asset_decimals: number
  readonly amount: Prisma.Decimal
  readonly reason: WaitReason
  readonly retry_at: Date
}

/** The addresses whose confirmed money waits, and no sweep is at work on, by reason (index transfers_to_collect). */
export async function countCollectionWaits(executor: Executor, chainId: number): Promise<Map<WaitReason, number>> {
  const rows = await executor.$queryRaw<{ reason: WaitReason; addresses: bigint }[]>`
    SELECT reason, count(*) AS addresses FROM collection_waits
    WHERE chain_id = ${chainId} AND (address, asset_symbol) IN (SELECT to_address, asset_symbol FROM transfers
        WHERE chain_id = ${chainId} AND collected_by IS NULL AND kind <> 'funding' AND status IN ('confirmed', 'final'))
      AND address NOT IN (SELECT address FROM sweep_items WHERE chain_id = ${chainId} AND active)
    GROUP BY 1`
  return new Map(rows.map(({ reason, addresses }) => [reason, Number(addresses)]))
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

/** Lets everything that waits be looked at again now. */
export async function endWaits(tx: Executor, chainId: number): Promise<void> {
  await tx.$executeRaw`UPDATE collection_waits SET retry_at = clock_timestamp() WHERE chain_id = ${chainId}`
}

/** Forgets earlier tries, so that money which failed too often is tried again: of one address, or of all (null). */
export async function forgetSetbacks(tx: Executor, chainId: number, address: Address | null): Promise<number> {
  const only = address === null ? null : addressToBytes(address)
  return tx.$executeRaw`
    UPDATE collection_waits SET failures = 0, mined_failures = 0, fees_spent = 0, retry_at = clock_timestamp()
    WHERE chain_id = ${chainId} AND (${only}::bytea IS NULL OR address = ${only}::bytea)`
}
