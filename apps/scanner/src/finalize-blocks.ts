import type { ChainState } from '@ctrip/db/chains/chain-state'
import { isAtBlock, markFinal } from '@ctrip/db/chains/progress'
import { commit } from '@ctrip/db/leases/fenced-commit'
import type { Writing } from './chain'
import { type CursorQuorum, taggedHeight } from './cursor-quorum'
import * as metrics from './metrics'

/**
 * Notes how far the chain is final: nothing there can be orphaned any more, and a reorg that tries halts the chain. With a quorum above
 * one, that many providers must have the cursor's block: the branch of one provider never becomes final.
 */
export async function finalizeBlocks(
  deps: Writing,
  state: ChainState,
  hasQuorum: CursorQuorum,
  signal: AbortSignal,
): Promise<void> {
  const { chain } = deps
  const finalized = await finalizedHeight(deps, state, hasQuorum, signal)
  if (finalized === null || finalized <= state.finalizedNumber) return
  if (chain.quorum > 1 && !(await hasQuorum())) return
  metrics.chainHead.set({ chain: chain.name, tag: 'finalized' }, finalized)
  await commit(deps, 'scan.finalize', async (tx) => {
    if (!(await isAtBlock(tx, chain.chainId, state.cursor))) return
    await markFinal(tx, chain.chainId, state.finalizedNumber, finalized)
  })
}

async function finalizedHeight(
  deps: Writing,
  state: ChainState,
  hasQuorum: CursorQuorum,
  signal: AbortSignal,
): Promise<number | null> {
  const { finality } = deps.chain
  if (finality.kind === 'depth') return Math.max(0, state.cursor.number - finality.depth)
  return taggedHeight(deps, state, 'finalized', hasQuorum, signal)
}
