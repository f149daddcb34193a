import { type Address, addressToBytes } from '@ctrip/domain/address'
import { idFromUuid, idToUuid, type PaymentId, type SweepId, type TransferId } from '@ctrip/domain/ids'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { Uncollected } from '@ctrip/domain/sweep/attribute'
import type { Executor } from '../database/database'
import type { Prisma } from '../generated/prisma/client'
import { toAmount } from '../payments/payment-rows'

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
