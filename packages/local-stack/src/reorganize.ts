import { setTimeout as delay } from 'node:timers/promises'

type Send = (method: string, parameters: unknown[]) => Promise<unknown>

/**
 * Anvil loses blocks if it mines during a reorg: the chain then has no block 1322, for example, and continues. So mining is paused
 * meanwhile. After this delay a block that was due has been started, and the next one follows only after the reorg.
 */
const BEGUN_MS = 300

/** Replaces the newest blocks of Anvil's chain by empty ones; `depthAt` returns their number for a head. */
export async function reorganize(
  send: Send,
  blockTimeSeconds: number,
  depthAt: (head: number) => number,
): Promise<{ head: number; depth: number }> {
  await send('evm_setIntervalMining', [0])
  await delay(BEGUN_MS)
  await send('evm_mine', [])
  const head = Number(await send('eth_blockNumber', []))
  const depth = depthAt(head)
  await send('anvil_reorg', [depth, []])
  // Otherwise Anvil's clock would continue from the common ancestor, and be slow by the depth of every reorg so far.
  await send('evm_setTime', [Math.floor(Date.now() / 1_000)])
  await send('evm_setIntervalMining', [blockTimeSeconds])
  return { head, depth }
}
