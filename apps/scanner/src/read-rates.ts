import { rateBookOf } from '@ctrip/chain/rate-book'
import { refuseTime, toFeedRound } from '@ctrip/chain/rates/feed-round'
import { type AgreedFeed, readAgreedFeeds } from '@ctrip/chain/rates/read-agreed-feeds'
import type { RawRound } from '@ctrip/chain/rates/read-feeds'
import type { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import type { Executor } from '@ctrip/db/database/database'
import { commit } from '@ctrip/db/leases/fenced-commit'
import type { LeaseKeeper } from '@ctrip/db/leases/lease-keeper'
import {
  type ReadBlock,
  readHistory,
  recordFailedReading,
  recordReading,
  thinOldRounds,
} from '@ctrip/db/rates/rate-rounds'
import { type FeedRound, type RoundRefusal, refuseRound } from '@ctrip/domain/rates/judge-round'
import { type Feed, feedsOf, type PricedAsset } from '@ctrip/domain/rates/rate-book'
import type { ChainDeps } from './chain'
import { rateReads } from './metrics'

export const READ_RATES_EVERY_MS = 15_000
const THINNED_AT_ONCE_MAX = 1_000
const FIXED_DECIMALS = 18

type RateDeps = Pick<ChainDeps, 'chain' | 'db' | 'log'>

/**
 * Reads every feed of the chain at one block and records the rounds, judged by those before them. Returns `more` while old rounds wait to be
 * thinned. A reading on which too few providers agree changes no rate: the last one stays until it is too old to be used.
 */
export async function readRates(
  deps: RateDeps,
  pool: RpcPool,
  keeper: Pick<LeaseKeeper, 'current'>,
  signal: AbortSignal,
): Promise<'idle' | 'more'> {
  const lease = keeper.current()
  if (lease === null) return 'idle'
  const { chain, db } = deps
  const book = rateBookOf([chain])
  const feeds = feedsOf(book).filter(({ address }) => address !== null)
  await commit({ db, lease }, 'rates.record_fixed', (tx) => recordFixedPrices(tx, book.assets))
  if (feeds.length > 0) {
    const readings = await readAll(deps, pool, feeds, signal)
    const outcomes = await commit({ db, lease }, 'rates.record', async (tx) => {
      const recorded: RecordedReading[] = []
      for (const reading of readings.feeds) recorded.push(await recordFeed(tx, reading, readings.block))
      return recorded
    })
    for (const outcome of outcomes) tell(deps, outcome)
  }
  const thinned = await commit({ db, lease }, 'rates.thin', (tx) =>
    thinOldRounds(tx, chain.chainId, THINNED_AT_ONCE_MAX),
  )
  return thinned === THINNED_AT_ONCE_MAX ? 'more' : 'idle'
}

interface Reading {
  readonly feed: Feed
  readonly read: AgreedFeed
}

async function readAll(deps: RateDeps, pool: RpcPool, feeds: readonly Feed[], signal: AbortSignal) {
  const { chain, db, log } = deps
  const addresses = feeds.flatMap(({ address }) => address ?? [])
  try {
    const { block, feeds: read, liars } = await readAgreedFeeds(pool, chain.quorum, addresses, signal)
    for (const provider of liars) {
      pool.reportLie(provider, 'feed')
      log.error({ chain: chain.name, provider, block: block.number }, 'scanner.rate_contradicted')
    }
    const readings = feeds.map((feed, n): Reading => ({ feed, read: read[n] ?? { agreed: null, asked: 0 } }))
    return { feeds: readings, block: { ...block, time: new Date(block.timestamp * 1000) } }
  } catch (error) {
    for (const feed of feeds) {
      rateReads.inc({ chain: chain.name, asset: baseOf(feed), outcome: 'failed' })
      await db.query('rates.record_failure', (prisma) => recordFailedReading(prisma, feed, 'failed'))
    }
    throw error
  }
}

interface RecordedReading extends Reading {
  readonly outcome: 'accepted' | RoundRefusal
  readonly isNew: boolean
}

/** One feed in `tx`: its round with the verdict, if it is a new one; or that the providers do not agree. */
async function recordFeed(tx: Executor, reading: Reading, block: ReadBlock): Promise<RecordedReading> {
  const { feed, read } = reading
  const { agreed, asked } = read
  if (agreed === null) {
    await recordFailedReading(tx, feed, 'no_agreement')
    return { ...reading, outcome: 'no_agreement', isNew: false }
  }
  const judged = await judge(tx, feed, agreed.answer, block)
  await recordReading(tx, { feed, ...judged }, block, { agreedBy: agreed.by, asked })
  return { ...reading, outcome: judged.refusal ?? 'accepted', isNew: judged.isNew }
}

/** A round that was read before keeps its verdict: it is a fact of its moment. */
async function judge(tx: Executor, feed: Feed, raw: RawRound | null, block: ReadBlock) {
  if (raw === null) return { round: null, refusal: 'unreadable' as const, isNew: false }
  const round = toFeedRound(feed, raw)
  const history = await readHistory(tx, feed)
  if (history.newest !== null && sameRound(history.newest.round, round))
    return { round, refusal: history.newest.refusal, isNew: false }
  const refusal =
    refuseTime(feed, round, block.time) ?? (feed.role === 'price' ? refuseRound(history, round, feed) : null)
  return { round, refusal, isNew: true }
}

function sameRound(one: FeedRound, other: FeedRound): boolean {
  return (
    one.roundId === other.roundId &&
    one.answer === other.answer &&
    one.decimals === other.decimals &&
    one.updatedAt.getTime() === other.updatedAt.getTime()
  )
}

/** The operator's word is a round as well, so that the past can be judged by the price that was fixed then. */
async function recordFixedPrices(tx: Executor, assets: readonly PricedAsset[]): Promise<void> {
  for (const { price } of assets) {
    if (price.kind !== 'fixed') continue
    const answer = (price.rate.numerator * 10n ** BigInt(FIXED_DECIMALS)) / price.rate.denominator
    const { newest } = await readHistory(tx, price.feed)
    if (newest?.round.answer === answer) continue
    const roundId = (newest?.round.roundId ?? 0n) + 1n
    const round = { roundId, answer, decimals: FIXED_DECIMALS, updatedAt: new Date() }
    const nobody = { agreedBy: 0, asked: 0 }
    await recordReading(tx, { feed: price.feed, round, refusal: null, isNew: true }, null, nobody)
  }
}

function tell({ chain, log }: RateDeps, { feed, read: { agreed, asked }, outcome, isNew }: RecordedReading): void {
  rateReads.inc({ chain: chain.name, asset: baseOf(feed), outcome })
  const round = { round_id: agreed?.answer?.roundId.toString(), answer: agreed?.answer?.answer.toString() }
  const fields = { chain: chain.name, pair: feed.pair, feed: feed.address, agreed_by: agreed?.by ?? 0, asked, ...round }
  if (outcome !== 'accepted') log.warn({ ...fields, reason: outcome }, 'scanner.rate_refused')
  else if (isNew) log.info(fields, 'scanner.rate_read')
}

/** `ETH` of ETH/USD: the label that does not grow with currencies. */
function baseOf({ pair }: Feed): string {
  return pair.split('/')[0] ?? pair
}
