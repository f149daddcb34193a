import { hashToBytes } from '@ctrip/domain/hash'
import { idFromUuid, idToUuid, type PaymentId, type TransferId } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'
import type { BlockRef } from './chain-state'

/** One round's share of transfers or payments; the rest come in the next. */
export const ROUND_MAX = 500

/** A transfer waiting for its confirmations. */
export interface UnconfirmedTransfer {
  readonly id: TransferId
  readonly paymentId: PaymentId
}

/**
 * Transfers at or below a height that are not confirmed yet, oldest first (index transfers_to_confirm). Left out is what its payment
 * was promised more confirmations for than it has with `headNumber`: enough of those would fill every round.
 */
export async function unconfirmedUpTo(
  tx: Executor,
  chainId: number,
  blockNumber: number,
  headNumber: number,
): Promise<UnconfirmedTransfer[]> {
  const rows = await tx.$queryRaw<{ id: string; payment_id: string }[]>`
    SELECT transfers.id, payment_id FROM transfers JOIN payments ON payments.id = payment_id
    WHERE transfers.chain_id = ${chainId} AND transfers.status = 'included' AND block_number <= ${blockNumber}
      AND (payments.chain_id <> transfers.chain_id OR payments.asset_contract IS DISTINCT FROM transfers.asset_contract
        OR payments.confirmations_required IS NULL OR block_number <= ${headNumber} - payments.confirmations_required + 1)
    ORDER BY block_number LIMIT ${ROUND_MAX}`
  return rows.map((row) => ({ id: idFromUuid('transfer', row.id), paymentId: idFromUuid('payment', row.payment_id) }))
}

export async function markConfirmed(tx: Executor, ids: readonly TransferId[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE transfers SET status = 'confirmed' WHERE id = ANY(${ids.map(idToUuid)}::uuid[]) AND status = 'included'`
}

/** For so long an open trace debt keeps payments open; a trace that is refused for good must not keep them open for ever. */
const DEBT_HOLDS_MINUTES = 60
/** A block's time may be a little before the creation of a payment that it pays: the chain's clock is not ours. */
const CLOCKS_DIFFER_MINUTES = 1

/**
 * Payments whose time is over by the clock of their chain, as far as it has been scanned (index payments_to_expire), and those that
 * their merchants asked to cancel before that moment (index payments_to_cancel). Left out is a payment in native coin while a block of
 * its time owes its traces, for up to an hour: a contract may have paid it there, in time.
 */
export async function paymentsToClose(tx: Executor, chainId: number, chainTime: Date): Promise<PaymentId[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH owed AS MATERIALIZED (
      SELECT blocks.time + ${CLOCKS_DIFFER_MINUTES} * interval '1 minute' AS latest, blocks.time
      FROM trace_debts debt JOIN blocks ON blocks.chain_id = debt.chain_id AND blocks.hash = debt.block_hash
      WHERE debt.chain_id = ${chainId} AND blocks.canonical
        AND debt.since > clock_timestamp() - ${DEBT_HOLDS_MINUTES} * interval '1 minute')
    (SELECT id FROM payments
     WHERE chain_id = ${chainId} AND status IN ('pending', 'partially_paid') AND expires_at < ${chainTime}
       AND (asset_contract IS NOT NULL
         OR NOT EXISTS (SELECT 1 FROM owed WHERE owed.latest >= created_at AND owed.time <= expires_at))
     ORDER BY expires_at LIMIT ${ROUND_MAX})
    UNION
    (SELECT id FROM payments
     WHERE chain_id = ${chainId} AND status = 'pending' AND cancel_requested_at IS NOT NULL
       AND cancel_requested_at < ${chainTime} AND cancel_requested_at <= expires_at
       AND (asset_contract IS NOT NULL
         OR NOT EXISTS (SELECT 1 FROM owed WHERE owed.latest >= created_at AND owed.time <= cancel_requested_at))
     ORDER BY cancel_requested_at LIMIT ${ROUND_MAX})`
  return rows.map((row) => idFromUuid('payment', row.id))
}

/** Where both branches still meet when an operator lets a chain go on after a reorg below finality. */
export const BLOCKS_KEPT_BELOW_FINALITY = 1_000

/**
 * Notes that the chain is final from `previous` up to `finalized`; what stands there can no longer be orphaned. Blocks far
 * below that paid nobody, and owe no trace, are forgotten: the cursor's parents are all younger.
 */
export async function markFinal(tx: Executor, chainId: number, previous: number, finalized: number): Promise<void> {
  await tx.$executeRaw`
    UPDATE chain_state SET finalized_number = ${finalized} WHERE chain_id = ${chainId} AND finalized_number < ${finalized}`
  await tx.$executeRaw`
    UPDATE transfers SET status = 'final'
    WHERE chain_id = ${chainId} AND status = 'confirmed' AND block_number <= ${finalized}`
  await tx.$executeRaw`
    DELETE FROM blocks WHERE chain_id = ${chainId} AND canonical AND number >= ${previous - BLOCKS_KEPT_BELOW_FINALITY}
      AND number < ${finalized - BLOCKS_KEPT_BELOW_FINALITY}
      AND NOT EXISTS (SELECT 1 FROM transfers WHERE transfers.chain_id = blocks.chain_id AND transfers.block_hash = blocks.hash)
      AND NOT EXISTS (SELECT 1 FROM trace_debts debt WHERE debt.chain_id = blocks.chain_id AND debt.block_hash = blocks.hash)`
}

/** Throws nothing and returns false when the cursor has left this block since it was read: what was decided on it is void. */
export async function isAtBlock(tx: Executor, chainId: number, block: BlockRef): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM chain_state WHERE chain_id = ${chainId} AND cursor_hash = ${hashToBytes(block.hash)} FOR SHARE`
  return rows.length > 0
}
