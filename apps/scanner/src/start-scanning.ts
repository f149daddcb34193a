import { agreedHead, type BlockClaim, readHeight } from '@ctrip/chain/head'
import { type ChainState, readChainState, startChain } from '@ctrip/db/chain-state'
import { assertLease } from '@ctrip/db/leases'
import { insertBlock } from '@ctrip/db/scanned-blocks'
import type { Writing } from './chain'

/** Where scanning stands; begins it on a chain never scanned. Null while the chain is halted or no provider has its first block. */
export async function resumeScanning(deps: Writing, head: BlockClaim, signal: AbortSignal): Promise<ChainState | null> {
  const { chain, db } = deps
  const read = () => db.query('chain_state.read', (prisma) => readChainState(prisma, chain.chainId))
  const state = await read()
  if (state !== null) return state.haltedReason === null ? state : null
  await startAt(deps, chain.startBlock === 'latest' ? head.number : chain.startBlock, signal)
  return read()
}

/**
 * The block before the first one to be scanned is written too: it is what the first is linked to, and where a reorg right
 * after the start is recognised. Block 0 has no transactions, so the first is never below 1.
 */
async function startAt({ chain, pool, db, lease, log }: Writing, first: number, signal: AbortSignal): Promise<void> {
  const parent = agreedHead(await readHeight(pool, Math.max(1, first) - 1, signal), chain.quorum)
  if (parent === null) return
  const time = new Date(parent.timestamp * 1000)
  await db.transaction('scan.start', async (tx) => {
    await insertBlock(tx, chain.chainId, { ...parent, time, trust: 'structural' })
    await startChain(tx, { chainId: chain.chainId, chain: chain.name, parent, time })
    await assertLease(tx, lease)
  })
  log.info({ chain: chain.name, first_block: parent.number + 1 }, 'scanner.started_chain')
}
