import { setTimeout as delay } from 'node:timers/promises'

type Send = (method: string, parameters: unknown[]) => Promise<unknown>

/**
 * Anvil that makes a block while it reorganizes loses some for good: the chain is then without a block 1322, and goes on. So it
 * mines nothing meanwhile, and what it was making is waited for.
 */
const IN_THE_MAKING_MS = 300

/** Takes the newest blocks, as many as `depthAt` says of the head, off Anvil's chain; empty ones take their place. */
export async function reorganize(
  send: Send,
  blockTimeSeconds: number,
  depthAt: (head: number) => number,
): Promise<{ head: number; depth: number }> {
  await send('evm_setIntervalMining', [0])
  await delay(IN_THE_MAKING_MS)
  const head = Number(await send('eth_blockNumber', []))
  const depth = depthAt(head)
  await send('anvil_reorg', [depth, []])
  // Anvil's clock would go on from where the branches part: slow by the depth of every reorg there ever was.
  await send('evm_setTime', [Math.floor(Date.now() / 1_000)])
  await send('evm_setIntervalMining', [blockTimeSeconds])
  return { head, depth }
}
