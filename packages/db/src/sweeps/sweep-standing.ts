import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import { idFromUuid, type SweepId } from '@ctrip/domain/ids'
import type { Purpose } from '@ctrip/domain/sweep/sweep'
import { readChainState } from '../chains/chain-state'
import type { Executor } from '../database/database'

/**
 * How a mined transaction's block stands in the chain as scanned: `ahead` of the cursor, `canonical`, `orphaned` (another
 * block is at its height), or `unknown` (before the first block scanned, or pruned since it is final and paid nobody).
 */
export type Standing = 'ahead' | 'canonical' | 'orphaned' | 'unknown'

export interface StandingTransaction {
  readonly transactionId: string
  readonly sweepId: SweepId | null
  readonly standing: Standing
  readonly purpose: Purpose
  /** The attempt that was mined, and the block that it was found in. */
  readonly hash: Hash
  readonly blockHash: Hash
  /** It was confirmed already: only a reorg deeper than the confirmations can orphan it. */
  readonly wasConfirmed: boolean
}

/**
 * Judges transactions by the scanner's blocks, which are proven: those that wait for confirmations, those confirmed that
 * are not final yet, and those whose block was orphaned while no sweeper was there to see it, however long ago: finality may
 * have passed it meanwhile. Orphaned blocks are few, and kept (indexes sweep_transactions_open, sweep_transactions_not_final,
 * blocks_orphaned).
 *
 * A UNION and not an OR, which has every transaction ever sent read in every round; and the finalized height is a number by
 * then, of which Postgres knows how many transactions stand above it. Should it rise meanwhile, some are judged once more.
 */
export async function readStandings(executor: Executor, chainId: number): Promise<StandingTransaction[]> {
  const state = await readChainState(executor, chainId)
  if (state === null) return []
  const rows = await executor.$queryRaw<StandingRow[]>`
    WITH lost AS (
      SELECT confirmed.* FROM blocks orphan
      JOIN sweep_transactions confirmed ON confirmed.chain_id = orphan.chain_id
        AND confirmed.block_number = orphan.number AND confirmed.block_hash = orphan.hash
      WHERE orphan.chain_id = ${chainId} AND NOT orphan.canonical AND confirmed.status IN ('confirmed', 'reverted')
    ), sent AS (
      SELECT * FROM sweep_transactions WHERE chain_id = ${chainId} AND status = 'mined'
      UNION
      SELECT * FROM sweep_transactions
      WHERE chain_id = ${chainId} AND status IN ('confirmed', 'reverted') AND block_number > ${state.finalizedNumber}
      UNION
      SELECT * FROM lost
    )
    SELECT sent.id, sent.sweep_id, sent.purpose, sent.mined_hash, sent.block_hash, sent.status <> 'mined' AS was_confirmed,
      CASE WHEN sent.block_number > state.cursor_number THEN 'ahead'
        WHEN sent.id IN (SELECT id FROM lost) THEN 'orphaned'
        WHEN blocks.hash IS NULL THEN 'unknown'
        WHEN blocks.hash = sent.block_hash THEN 'canonical'
        ELSE 'orphaned' END AS standing
    FROM sent
    JOIN chain_state state ON state.chain_id = sent.chain_id
    LEFT JOIN blocks ON blocks.chain_id = sent.chain_id AND blocks.number = sent.block_number AND blocks.canonical`
  return rows.map((row) => ({
    transactionId: row.id,
    sweepId: row.sweep_id === null ? null : idFromUuid('sweep', row.sweep_id),
    purpose: row.purpose,
    hash: hashFromBytes(row.mined_hash),
    blockHash: hashFromBytes(row.block_hash),
    standing: row.standing,
    wasConfirmed: row.was_confirmed,
  }))
}

interface StandingRow {
  id: string
  sweep_id: string | null
  purpose: Purpose
  mined_hash: Uint8Array
  block_hash: Uint8Array
  standing: Standing
  was_confirmed: boolean
}
