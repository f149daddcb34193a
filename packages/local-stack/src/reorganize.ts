import { setTimeout as delay } from 'node:timers/promises'

type Send = (method: string, parameters: unknown[]) => Promise<unknown>

/**
 * Anvil that makes a block while it reorganizes loses some for good: the chain is then without a block 1322, and goes on. So it
 * makes none meanwhile. By this time one that was due has been begun, and it makes the next only after it.
 */
const BEGUN_MS = 300

/** Takes the newest blocks, as many as `depthAt` says of the head, off Anvil's chain; empty ones take their place. */
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
  // Anvil's clock would go on from where the branches part: slow by the depth of every reorg there ever was.
  await send('evm_setTime', [Math.floor(Date.now() / 1_000)])
  await send('evm_setIntervalMining', [blockTimeSeconds])
  return { head, depth }
}
