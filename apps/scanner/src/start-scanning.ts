import { agreedHead, type BlockClaim, countAgreeing } from '@ctrip/chain/head'
import { type ChainState, readChainState, startChain } from '@ctrip/db/chains/chain-state'
import { insertBlock } from '@ctrip/db/chains/scanned-blocks'
import { commit } from '@ctrip/db/leases/fenced-commit'
import type { Writing } from './chain'

/**
 * Reads how far scanning has come; begins it on a chain never scanned. Null while the providers do not agree on its first block. `heads`: each
 * provider's.
 */
export async function resumeScanning(
  deps: Writing,
  heads: readonly BlockClaim[],
  signal: AbortSignal,
): Promise<ChainState | null> {
  const { chain, db } = deps
  const read = () => db.query('chain_state.read', (prisma) => readChainState(prisma, chain.chainId))
  const state = await read()
  if (state === null) {
    // Nothing that was scanned can contradict the first block, so the providers are checked once more.
    await deps.source.recheck(signal)
    await startAt(deps, chain.startBlock === 'latest' ? firstOfLatest(deps, heads) : chain.startBlock, signal)
    return read()
  }
  return state
}

/** Where most providers are, so that one with an invented head does not make us begin above all that is paid. */
function firstOfLatest({ chain }: Writing, heads: readonly BlockClaim[]): number {
  const majority = Math.floor(heads.length / 2) + 1
  return agreedHead(heads, Math.max(majority, chain.quorum))?.number ?? 1
}

/**
 * The block before the first one to be scanned is written too: it is what the first is linked to, and where a reorg right
 * after the start is recognised. Block 0 has no transactions, so the first is never below 1.
 */
async function startAt(deps: Writing, first: number, signal: AbortSignal): Promise<void> {
  const { chain, source, log } = deps
  const claims = await source.readHeight(Math.max(1, first) - 1, signal)
  const [parent] = [...claims].sort((a, b) => countAgreeing(claims, b.hash) - countAgreeing(claims, a.hash))
  if (parent === undefined || countAgreeing(claims, parent.hash) < chain.quorum) return
  const time = new Date(parent.timestamp * 1000)
  await commit(deps, 'scan.start', async (tx) => {
    await insertBlock(tx, chain.chainId, { ...parent, time, trust: chain.quorum > 1 ? 'agreed' : 'single_word' })
    await startChain(tx, { chainId: chain.chainId, chain: chain.name, parent, time })
  })
  log.info({ chain: chain.name, first_block: parent.number + 1 }, 'scanner.started_chain')
}
