import { setTimeout as delay } from 'node:timers/promises'
import { jsonRpc } from './json-rpc'
import type { Random } from './random'
import { BLOCK_TIME_SECONDS, type TestChain } from './test-chain'

const DEPTHS = { shallow: 55, past_confirmations: 30, near_finality: 15 } as const
const RANGES: Readonly<Record<keyof typeof DEPTHS, readonly [number, number]>> = {
  shallow: [1, 2],
  past_confirmations: [3, 6],
  near_finality: [7, 15], // a block is final with 16 confirmations
}

/**
 * Anvil that makes a block while it reorganizes loses some for good: the chain is then without a block 1322 and goes on. So it
 * mines nothing meanwhile, and what it was making is waited for.
 */
const IN_THE_MAKING_MS = 300

/** Takes the newest blocks off the chain, with every payment and sweep in them; some payments come again, some never do. */
export async function reorg(chain: TestChain, random: Random): Promise<string> {
  const [min, max] = RANGES[random.weighted(DEPTHS)]
  await jsonRpc(chain.nodeUrl, 'evm_setIntervalMining', 0)
  await delay(IN_THE_MAKING_MS)
  const head = Number(await jsonRpc<string>(chain.nodeUrl, 'eth_blockNumber'))
  const depth = Math.min(random.between(min, max), Math.max(1, head - 20))
  await jsonRpc(chain.nodeUrl, 'anvil_reorg', depth, [])
  await jsonRpc(chain.nodeUrl, 'evm_setIntervalMining', BLOCK_TIME_SECONDS)
  await Promise.all(chain.customers.map((customer, n) => customer.afterReorg(random.fork(`${head}-${n}`))))
  return `${depth} blocks of ${chain.name}`
}
