import { agreedHead, type BlockClaim } from '@ctrip/chain/head'
import { type ChainState, recordHead } from '@ctrip/db/chains/chain-state'
import type { Writing } from './chain'
import { chooseBranch } from './choose-branch'
import { fetchAhead } from './fetch-ahead'
import { fetchBranch, findAncestor, handleReorg } from './handle-reorg'
import * as metrics from './metrics'
import { recordBlock } from './record-block'
import { resumeScanning } from './start-scanning'

/** Then the chain's other work has its turn, also while catching up. */
export const BLOCKS_PER_CYCLE_MAX = 64

export interface Scanned {
  readonly state: ChainState
  /** There is more to scan, and the last cycle came forward. */
  readonly more: boolean
}

/**
 * Commits the blocks between the cursor and the head, in order, each linked to the one before by its parent's hash. Polling
 * `latest` is the truth; whoever wakes this is only a hint. Returns how far the chain has been scanned; null while no
 * provider answers or the chain is halted.
 */
export async function scanBlocks(deps: Writing, signal: AbortSignal): Promise<Scanned | null> {
  const claims = await deps.source.readTag('latest', signal)
  const head = agreedHead(claims, deps.chain.quorum)
  if (head === null) return null
  metrics.chainHead.set({ chain: deps.chain.name, tag: 'latest' }, head.number)
  const state = await resumeScanning(deps, claims, signal)
  if (state === null) return null

  const atHead = isReplaced(state, head, claims) ? await turn(deps, state, head, signal) : state
  const after = await followChain(deps, atHead, head, signal)
  // Last, since a cursor that comes to the head takes it along.
  const recorded = Math.max(state.headNumber, after.cursor.number)
  if (head.number !== recorded) await recordHead(deps.db, deps.chain.chainId, head.number)
  report(deps, after, head, after.cursor.number - atHead.cursor.number)
  const moved = after.cursor.hash !== state.cursor.hash
  return { state: after, more: moved && after.haltedReason === null && after.cursor.number < head.number }
}

/** Goes on from the cursor, at most one cycle's share, or turns round where the chain has. */
async function followChain(
  deps: Writing,
  from: ChainState,
  head: BlockClaim,
  signal: AbortSignal,
): Promise<ChainState> {
  let state = from
  if (state.haltedReason !== null) return state
  const to = Math.min(head.number, state.cursor.number + BLOCKS_PER_CYCLE_MAX)
  for await (const block of fetchAhead(deps, state.cursor.number + 1, to, signal)) {
    if (block.parentHash === state.cursor.hash) {
      state = await recordBlock(deps, state, block, signal)
      continue
    }
    const choice = await chooseBranch(deps, state, block, signal)
    if (choice.kind === 'next') return recordBlock(deps, state, choice.block, signal)
    if (choice.kind === 'wait') return state
    return handleReorg(deps, state, await findAncestor(deps, state, block, signal))
  }
  return state
}

/** A branch of the same height took our block's place, and no provider has ours any more: no need to wait for its next block. */
function isReplaced(state: ChainState, head: BlockClaim, claims: readonly BlockClaim[]): boolean {
  return head.number === state.cursor.number && !claims.some(({ hash }) => hash === state.cursor.hash)
}

async function turn(deps: Writing, state: ChainState, head: BlockClaim, signal: AbortSignal): Promise<ChainState> {
  const replacement = await fetchBranch(deps, head.hash, signal)
  return handleReorg(deps, state, await findAncestor(deps, state, replacement, signal))
}

function report({ chain, catchUp }: Writing, state: ChainState, head: BlockClaim, committed: number): void {
  const labels = { chain: chain.name }
  metrics.scanCursor.set(labels, state.cursor.number)
  metrics.scanLagBlocks.set(labels, Math.max(0, head.number - state.cursor.number))
  metrics.scanLagSeconds.set(labels, Math.max(0, head.timestamp - state.cursorTime.getTime() / 1000))
  metrics.scanLastSuccess.set(labels, Date.now() / 1000)
  if (committed > 0) metrics.scanRange.observe(labels, committed)
  catchUp.advanced(state.cursor.number, head.number)
}
