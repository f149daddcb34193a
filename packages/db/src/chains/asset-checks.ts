import { type Address, addressFromBytes, addressToBytes } from '@ctrip/domain/address'
import type { Database, Executor } from '../database/database'

export type AssetVerdict = 'ok' | 'warning' | 'fault'

/** The scanner's comparison of a configured token with its contract. */
export interface AssetCheck {
  readonly contract: Address
  /** As configured when it was checked. */
  readonly decimals: number
  readonly verdict: AssetVerdict
  /** Null where all is well. */
  readonly reason: string | null
}

/** The newest result per token. By the primary key (chain_id, contract). */
export async function recordAssetCheck(db: Database, chainId: number, check: AssetCheck): Promise<void> {
  const { contract, decimals, verdict, reason } = check
  await db.query(
    'asset_check.record',
    (prisma) => prisma.$executeRaw`
      INSERT INTO asset_checks (chain_id, contract, decimals, verdict, reason)
      VALUES (${chainId}, ${addressToBytes(contract)}, ${decimals}, ${verdict}, ${reason})
      ON CONFLICT (chain_id, contract) DO UPDATE
        SET decimals = excluded.decimals, verdict = excluded.verdict, reason = excluded.reason, checked_at = now()`,
  )
}

/** All results of a chain. By the primary key's first column. */
export async function readAssetChecks(executor: Executor, chainId: number): Promise<AssetCheck[]> {
  const rows = await executor.asset_checks.findMany({ where: { chain_id: chainId } })
  return rows.map(({ contract, decimals, verdict, reason }) => ({
    contract: addressFromBytes(contract),
    decimals,
    verdict: verdict === 'ok' || verdict === 'warning' ? verdict : 'fault',
    reason,
  }))
}
