import { setTimeout as delay } from 'node:timers/promises'

type Send = (method: string, parameters: unknown[]) => Promise<unknown>

/** By then a block that was due when the interval ended has been begun. */
const BEGUN_MS = 300

/**
 * Takes the newest blocks, as many as `depthAt` says of the head, off Anvil's chain; empty ones take their place.
 *
 * Anvil that makes a block while it reorganizes loses some for good: the chain is then without a block 1322, and goes on. So it
 * makes none meanwhile; one that is being made is waited for, however long that takes, as the next is made only after it.
 */
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
  await send('evm_setIntervalMining', [blockTimeSeconds])
  return { head, depth }
}
