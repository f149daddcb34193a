import type { Hash } from '@ctrip/domain/hash'
import type { ChainConfig, TokenConfig } from '../chain-config'
import { PermanentRpcError, RetryableRpcError } from '../rpc/rpc-error'
import { RpcPool } from '../rpc/rpc-pool'
import { readTokenFacts } from '../token-facts'
import { checkFeeds } from './check-feeds'
import { checkTreasury, orUnreadable } from './check-treasury'
import { electGenesis } from './identity'
import { type Check, type Expectation, judgeProvider } from './judge-provider'
import { judgeToken } from './judge-token'
import { judgeLedgers, readLedgers } from './shared-ledgers'
import { surveyProvider } from './survey-provider'

/** The database's knowledge of the chain, where there is a database. */
export interface Recorded {
  readonly genesis: Hash | null
  readonly cursor: number | null
}

/** The table of the outside world: each provider of a chain, each token, the treasury, and each price feed. `config check --online` and `doctor` print it. */
export async function checkChain(chain: ChainConfig, recorded: Recorded): Promise<Check[]> {
  const providers = await checkProviders(chain, recorded)
  const pool = new RpcPool(chain)
  try {
    const tokens = await Promise.all(chain.tokens.map((token) => checkToken(pool, chain, token)))
    const [ledgers, treasury] = [await checkLedgers(pool, chain), await checkTreasury({ chain, pool })]
    return [...providers, ...tokens, ...ledgers, ...(await checkFeeds(pool, chain)), treasury]
  } finally {
    await pool.close()
  }
}

/** Each through a pool of its own: what one can do is not to be hidden by another. */
async function checkProviders(chain: ChainConfig, recorded: Recorded): Promise<Check[]> {
  const surveyed = await Promise.all(
    chain.providers.map(async (provider) => {
      const pool = new RpcPool({ ...chain, providers: [provider], quorum: 1 })
      try {
        return { name: provider.name, facts: await surveyProvider(pool, chain) }
      } finally {
        await pool.close()
      }
    }),
  )
  const claims = surveyed.flatMap(({ facts: { identity } }) => (identity.ok ? [identity.value.genesis] : []))
  const genesis = recorded.genesis ?? electGenesis(claims, 1)
  const expected: Expectation = { genesis, cursor: recorded.cursor, now: new Date() }
  return surveyed.flatMap(({ name, facts }) => judgeProvider(name, facts, chain, expected))
}

async function checkToken(pool: RpcPool, chain: ChainConfig, token: TokenConfig): Promise<Check> {
  const judgement = await orUnreadable(async () =>
    judgeToken(token, await readTokenFacts(pool, token.contract, chain.quorum)),
  )
  return { subject: `${chain.name}/${token.symbol}`, check: 'token', ...judgement }
}

/** Nothing where it cannot be read: the rows of the tokens say so. */
async function checkLedgers(pool: RpcPool, chain: ChainConfig): Promise<Check[]> {
  try {
    return judgeLedgers(chain.name, await readLedgers(pool, chain))
  } catch (error) {
    if (error instanceof RetryableRpcError || error instanceof PermanentRpcError) return []
    throw error
  }
}
