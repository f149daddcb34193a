import { type Address, addressFromBytes, addressToBytes } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { idFromUuid, idToUuid, type SweepId } from '@ctrip/domain/ids'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Executor } from '../database/database'
import type { Prisma } from '../generated/prisma/client'
import { toAmount } from '../payments/payment-rows'

/** The shortage of a chain's gas wallet for the sweeps that wait for it. */
export interface GasWalletShortage {
  readonly address: Address
  /** In wei. */
  readonly missing: Amount
}

/** Why open sweeps of a chain are not signed (index sweep_waits_by_chain). */
export async function readSweepWaits(executor: Executor, chainId: number): Promise<Map<SweepId, WaitReason>> {
  const rows = await executor.$queryRaw<{ sweep_id: string; reason: WaitReason }[]>`
    SELECT sweep_id, reason FROM sweep_waits WHERE chain_id = ${chainId}`
  return new Map(rows.map(({ sweep_id, reason }) => [idFromUuid('sweep', sweep_id), reason]))
}

/** How many open sweeps of a chain wait, by reason (index sweep_waits_by_chain). */
export async function countSweepWaits(executor: Executor, chainId: number): Promise<Map<WaitReason, number>> {
  const rows = await executor.$queryRaw<{ reason: WaitReason; sweeps: bigint }[]>`
    SELECT reason, count(*) AS sweeps FROM sweep_waits WHERE chain_id = ${chainId} GROUP BY 1`
  return new Map(rows.map(({ reason, sweeps }) => [reason, Number(sweeps)]))
}

/** Notes why sweeps wait; one that waited for something else waits since now. */
export async function writeSweepWaits(
  tx: Executor,
  chainId: number,
  waits: ReadonlyMap<SweepId, WaitReason>,
): Promise<void> {
  if (waits.size === 0) return
  const rows = [...waits].map(([id, reason]) => ({ sweep_id: idToUuid(id), reason }))
  await tx.$executeRaw`
    INSERT INTO sweep_waits (sweep_id, chain_id, reason)
    SELECT sweep_id, ${chainId}, reason FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS given(sweep_id uuid, reason text)
    ON CONFLICT (sweep_id) DO UPDATE SET reason = excluded.reason, since = excluded.since`
}

export async function deleteSweepWaits(tx: Executor, ids: readonly SweepId[]): Promise<void> {
  if (ids.length === 0) return
  await tx.$executeRaw`DELETE FROM sweep_waits WHERE sweep_id = ANY(${ids.map(idToUuid)}::uuid[])`
}

export async function readShortage(executor: Executor, chainId: number): Promise<GasWalletShortage | null> {
  const rows = await executor.$queryRaw<{ address: Uint8Array; missing: Prisma.Decimal }[]>`
    SELECT address, missing FROM gas_wallet_shortages WHERE chain_id = ${chainId}`
  const [row] = rows
  return row === undefined ? null : { address: addressFromBytes(row.address), missing: toAmount(row.missing) }
}

/** Notes what the gas wallet lacks now; null: nothing. */
export async function writeShortage(tx: Executor, chainId: number, shortage: GasWalletShortage | null): Promise<void> {
  if (shortage === null) {
    await tx.$executeRaw`DELETE FROM gas_wallet_shortages WHERE chain_id = ${chainId}`
    return
  }
  await tx.$executeRaw`
    INSERT INTO gas_wallet_shortages (chain_id, address, missing)
    VALUES (${chainId}, ${addressToBytes(shortage.address)}, ${shortage.missing.toString()}::numeric)
    ON CONFLICT (chain_id) DO UPDATE SET address = excluded.address, missing = excluded.missing`
}
