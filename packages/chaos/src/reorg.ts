import { reorganize } from '@ctrip/local-stack/reorganize'
import { jsonRpc } from './json-rpc'
import type { Random } from './random'
import { BLOCK_TIME_SECONDS, type TestChain } from './test-chain'

const DEPTHS = { shallow: 55, past_confirmations: 30, near_finality: 15 } as const
const RANGES: Readonly<Record<keyof typeof DEPTHS, readonly [number, number]>> = {
  shallow: [1, 2],
  past_confirmations: [3, 6],
  near_finality: [7, 15], // a block is final with 16 confirmations
}

/** Removes the newest blocks of the chain with every payment and sweep in them. Some payments are sent again, some never are. */
export async function reorg(chain: TestChain, random: Random): Promise<string> {
  const [min, max] = RANGES[random.weighted(DEPTHS)]
  const { head, depth } = await reorganize(
    (method, parameters) => jsonRpc(chain.nodeUrl, method, ...parameters),
    BLOCK_TIME_SECONDS,
    (newest) => Math.min(random.between(min, max), Math.max(1, newest - 20)),
  )
  await Promise.all(chain.customers.map((customer, n) => customer.afterReorg(random.fork(`${head}-${n}`))))
  return `${depth} blocks of ${chain.name}`
}
