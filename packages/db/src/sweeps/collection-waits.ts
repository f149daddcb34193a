import { type Address, addressFromBytes, addressToBytes } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Executor } from '../database/database'
import { hexOf } from '../payments/payment-rows'

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
