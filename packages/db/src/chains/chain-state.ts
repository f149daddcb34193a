import { type Hash, hashFromBytes, hashToBytes } from '@ctrip/domain/hash'
import type { Executor } from '../database/database'
import { ConflictError } from '../database/errors'
import type { chain_state as ChainStateRow } from '../generated/prisma/client'

/** How far a chain has been scanned. The cursor is the newest block committed with everything in it. */
export interface ChainState {
  readonly chainId: number
  readonly chain: string
  readonly cursor: BlockRef
  readonly cursorTime: Date
  readonly finalizedNumber: number
  readonly trust: Trust
  /** Why the newest block could not be proven, where that was asked for. */
  readonly trustReason: string | null
  /** Whether coin that contracts move is seen: `none` where that is not asked for, or no provider traces. */
  readonly internalTransfers: InternalTransfers
  readonly haltedReason: string | null
  readonly updatedAt: Date
}

/** The grade of a block's contents: proven by its hash, agreed by enough providers, one provider's word, or accepted by an operator. */
export type Trust = 'proven' | 'agreed' | 'single_word' | 'accepted'
export type InternalTransfers = 'trace' | 'none'

export interface BlockRef {
  readonly number: number
  readonly hash: Hash
}

export async function readChainState(executor: Executor, chainId: number): Promise<ChainState | null> {
  const row = await executor.chain_state.findUnique({ where: { chain_id: chainId } })
  return row === null ? null : toChainState(row)
}

export async function listChainStates(executor: Executor): Promise<ChainState[]> {
  return (await executor.chain_state.findMany({ orderBy: { chain_id: 'asc' } })).map(toChainState)
}

/**
 * Sets the start of scanning: the first block is committed as if its parent had been. Does nothing where scanning has begun.
 * `head_number` here and in `moveCursor` is read by the release before this one only: see chain-observations.ts.
 */
export async function startChain(
  tx: Executor,
  start: { readonly chainId: number; readonly chain: string; readonly parent: BlockRef; readonly time: Date },
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO chain_state (chain_id, chain, cursor_number, cursor_hash, cursor_time, finalized_number, head_number)
    VALUES (${start.chainId}, ${start.chain}, ${start.parent.number}, ${hashToBytes(start.parent.hash)}, ${start.time}, 0,
      ${start.parent.number})
    ON CONFLICT (chain_id) DO NOTHING`
}

export interface CursorTarget extends BlockRef {
  readonly time: Date
  readonly trust?: Trust
  readonly trustReason?: string | undefined
  readonly internalTransfers?: InternalTransfers
}

/**
 * Moves the cursor from one block to another (its child, or back to an ancestor), if it stands where it is believed to
 * stand: throws ConflictError when another writer moved it. Together with the lease's fence this is what makes a second
 * writer harmless.
 */
export async function moveCursor(tx: Executor, chainId: number, from: Hash, to: CursorTarget): Promise<void> {
  const moved = await tx.$executeRaw`
    UPDATE chain_state SET cursor_number = ${to.number}, cursor_hash = ${hashToBytes(to.hash)}, cursor_time = ${to.time},
      head_number = greatest(head_number, ${to.number}), trust = coalesce(${to.trust ?? null}, trust),
      trust_reason = ${to.trustReason ?? null},
      internal_transfers = coalesce(${to.internalTransfers ?? null}, internal_transfers), updated_at = clock_timestamp()
    WHERE chain_id = ${chainId} AND cursor_hash = ${hashToBytes(from)} AND halted_reason IS NULL`
  if (moved !== 1) throw new ConflictError(`chain ${chainId}: the cursor is not at ${from}, or the chain is halted`)
}

export async function haltChain(tx: Executor, chainId: number, reason: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE chain_state SET halted_reason = ${reason}, updated_at = clock_timestamp() WHERE chain_id = ${chainId}`
}

/**
 * Resumes a halted chain; false if it is not halted. No block counts as final any more: the scanner walks back to the block that both
 * branches share, however deep, and scans from there.
 */
export async function resumeChain(tx: Executor, chainId: number): Promise<boolean> {
  const resumed = await tx.$executeRaw`
    UPDATE chain_state SET halted_reason = NULL, finalized_number = 0, updated_at = clock_timestamp()
    WHERE chain_id = ${chainId} AND halted_reason IS NOT NULL`
  return resumed === 1
}

function toChainState(row: ChainStateRow): ChainState {
  return {
    chainId: Number(row.chain_id),
    chain: row.chain,
    cursor: { number: Number(row.cursor_number), hash: hashFromBytes(row.cursor_hash) },
    cursorTime: row.cursor_time,
    finalizedNumber: Number(row.finalized_number),
    trust: toTrust(row.trust),
    trustReason: row.trust_reason,
    internalTransfers: row.internal_transfers === 'trace' ? 'trace' : 'none',
    haltedReason: row.halted_reason,
    updatedAt: row.updated_at,
  }
}

function toTrust(text: string): Trust {
  switch (text) {
    case 'proven':
    case 'agreed':
    case 'accepted':
      return text
    default:
      return 'single_word'
  }
}
