import { agreedHead, type BlockClaim, readTag } from '@ctrip/chain/head'
import { type ChainState, recordHead } from '@ctrip/db/chain-state'
import type { Writing } from './chain'
import { fetchAhead } from './fetch-ahead'
import { fetchBranch, findAncestor, handleReorg } from './handle-reorg'
import * as metrics from './metrics'
import { recordBlock } from './record-block'
import { resumeScanning } from './start-scanning'

/** Then the chain's other work has its turn, also while catching up. */
const BLOCKS_PER_CYCLE_MAX = 64

/**
 * Commits the blocks between the cursor and the head, in order, each linked to the one before by its parent's hash. Polling
 * `latest` is the truth; whoever wakes this is only a hint. Returns how far the chain has been scanned, and whether there is
 * more; null while no provider answers or the chain is halted.
 */
export async function scanBlocks(
  deps: Writing,
  signal: AbortSignal,
): Promise<{ state: ChainState; more: boolean } | null> {
  const claims = await readTag(deps.pool, 'latest', signal)
  const head = agreedHead(claims, deps.chain.quorum)
  if (head === null) return null
  metrics.chainHead.set({ chain: deps.chain.name, tag: 'latest' }, head.number)
  let state = await resumeScanning(deps, head, signal)
  if (state === null) return null
  if (head.number !== state.headNumber) await recordHead(deps.db, deps.chain.chainId, head.number)

  if (isReplaced(state, head, claims)) {
    const replacement = await fetchBranch(deps, head.hash, signal)
    state = await handleReorg(deps, state, await findAncestor(deps, state, replacement, signal))
  }
  const from = state.cursor.number + 1
  const to = Math.min(head.number, state.cursor.number + BLOCKS_PER_CYCLE_MAX)
  let more = to < head.number
  for await (const block of fetchAhead(deps, from, to, signal)) {
    if (block.parentHash !== state.cursor.hash) {
      const ancestor = await findAncestor(deps, state, block, signal)
      state = await handleReorg(deps, state, ancestor)
      more = state.haltedReason === null
      break
    }
    state = await recordBlock(deps, state, block, signal)
  }
  report(deps, state, head, state.cursor.number + 1 - from)
  return { state, more }
}

/** A branch of the same height took our block's place, and no provider has ours any more: no need to wait for its next block. */
function isReplaced(state: ChainState, head: BlockClaim, claims: readonly BlockClaim[]): boolean {
  return head.number === state.cursor.number && !claims.some(({ hash }) => hash === state.cursor.hash)
}

function report({ chain }: Writing, state: ChainState, head: BlockClaim, committed: number): void {
  const labels = { chain: chain.name }
  metrics.scanCursor.set(labels, state.cursor.number)
  metrics.scanLagBlocks.set(labels, Math.max(0, head.number - state.cursor.number))
  metrics.scanLagSeconds.set(labels, Math.max(0, head.timestamp - state.cursorTime.getTime() / 1000))
  metrics.scanLastSuccess.set(labels, Date.now() / 1000)
  if (committed > 0) metrics.scanRange.observe(labels, committed)
}
