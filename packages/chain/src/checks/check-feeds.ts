import { feedKey, feedsOf, type RateBook } from '@ctrip/domain/rates/rate-book'
import type { ChainConfig } from '../chain-config'
import { readContractText } from '../contract-text'
import { rateBookOf } from '../rate-book'
import { readAgreedFeeds } from '../rates/read-agreed-feeds'
import { PermanentRpcError, RetryableRpcError } from '../rpc/rpc-error'
import type { RpcPool } from '../rpc/rpc-pool'
import { type ConfiguredFeed, judgeFeed } from './judge-feed'
import type { Check } from './judge-provider'
import { fault, type Judgement } from './judgement'

/** Each price feed of a chain, and the feed of its sequencer, read as the scanner reads them. */
export async function checkFeeds(pool: RpcPool, chain: ChainConfig): Promise<Check[]> {
  const feeds = configuredFeeds(rateBookOf([chain]))
  if (feeds.length === 0) return []
  const judgements = await judgeAll(pool, chain, feeds)
  return feeds.map(({ feed: { pair } }, n) => ({
    ...{ subject: `${chain.name}/${pair}`, check: 'feed' },
    ...(judgements[n] ?? fault('could not be checked', REMEDY)),
  }))
}

const REMEDY = 'see the rows of the providers'

async function judgeAll(
  pool: RpcPool,
  { quorum }: ChainConfig,
  feeds: readonly ConfiguredFeed[],
): Promise<Judgement[]> {
  const addresses = feeds.flatMap(({ feed: { address } }) => address ?? [])
  const { signal } = new AbortController() // each request has a timeout of its own
  try {
    const { block, feeds: read } = await readAgreedFeeds(pool, quorum, addresses, signal)
    const blockTime = new Date(block.timestamp * 1000)
    const descriptions = await Promise.all(
      addresses.map((address) => readContractText(pool, address, quorum, 'description', { signal })),
    )
    return feeds.map((configured, n) => {
      const facts = { read: read[n] ?? { agreed: null, asked: 0 }, blockTime, description: descriptions[n] ?? null }
      return judgeFeed(configured, facts, new Date())
    })
  } catch (error) {
    if (!(error instanceof RetryableRpcError || error instanceof PermanentRpcError)) throw error
    return feeds.map(() => fault(`could not be checked: ${error.message}`, REMEDY))
  }
}

/** The book's contracts, each once, with the fixed price where it is a peg's. */
function configuredFeeds(book: RateBook): ConfiguredFeed[] {
  const pegs = new Map<string, ConfiguredFeed['peg']>()
  for (const { price } of book.assets)
    if (price.kind === 'fixed' && price.peg !== null)
      pegs.set(feedKey(price.peg.feed), { rate: price.rate, maxDeviationBps: price.peg.maxDeviationBps })
  return feedsOf(book).flatMap((feed) =>
    feed.address === null ? [] : [{ feed, peg: pegs.get(feedKey(feed)) ?? null }],
  )
}
