import { differByMoreThan, formatRate, type Rate } from '@ctrip/domain/rates'
import {
  describeRefusal,
  type FeedRound,
  isStale,
  type RoundRefusal,
  rateOfRound,
  refuseRound,
} from '@ctrip/domain/rates/judge-round'
import type { Feed } from '@ctrip/domain/rates/rate-book'
import { refuseTime, toFeedRound } from '../rates/feed-round'
import type { AgreedFeed } from '../rates/read-agreed-feeds'
import { fault, type Judgement, ok, warning } from './judgement'

/** A feed of chains.yaml, and the fixed price that it guards. */
export interface ConfiguredFeed {
  readonly feed: Feed
  readonly peg: { readonly rate: Rate; readonly maxDeviationBps: number } | null
}

/** The providers' readings of the feed's contract. */
interface FeedFacts {
  readonly read: AgreedFeed
  readonly blockTime: Date
  /** The contract's own name, such as `ETH / USD`; null where it gives none. */
  readonly description: string | null
}

const CORRECT = 'correct the address in chains.yaml: a contract with AggregatorV3Interface on this chain'
const UNUSED = 'no price is paid at it meanwhile'
const UP = 0n
const DOWN = 1n

/** Whether the configured feed can be read, is of the pair that it is configured for, and has a price that may be used now. */
export function judgeFeed(configured: ConfiguredFeed, facts: FeedFacts, now: Date): Judgement {
  const { agreed, asked } = facts.read
  if (agreed === null)
    return fault(
      `${asked} providers were asked and do not agree on it`,
      'run it again; then find the provider that differs',
    )
  if (agreed.answer === null) return fault(describeRefusal('unreadable'), CORRECT)
  const { feed } = configured
  const round = toFeedRound(feed, agreed.answer)
  const refusal = refuseTime(feed, round, facts.blockTime)
  if (feed.role === 'sequencer') return judgeSequencer(round, refusal)
  const unsound = refusal ?? refuseRound({ accepted: null, unconfirmed: null }, round, feed)
  if (unsound !== null)
    return fault(`${describeRefusal(unsound)}: ${round.answer}, ${round.decimals} decimals`, CORRECT)
  return judgeName(feed, facts.description) ?? judgeAge(feed, round, now) ?? judgePrice(configured, round, now)
}

function judgeSequencer({ answer, updatedAt }: FeedRound, refusal: RoundRefusal | null): Judgement {
  if (refusal !== null) return fault(describeRefusal(refusal), CORRECT)
  const since = updatedAt.toISOString()
  if (answer === UP) return ok(`the sequencer runs since ${since}`)
  if (answer === DOWN) return warning(`the sequencer is down since ${since}`, UNUSED)
  return fault(`its status is ${answer}, which is neither 0 (up) nor 1 (down)`, CORRECT)
}

/** A feed in another currency gives wrong amounts without any sign of it. A wrapped asset may share its coin's feed. */
function judgeName({ pair, address }: Feed, description: string | null): Judgement | null {
  const compare = `compare it with the operator's list of feeds: ${address ?? ''}`
  if (description === null)
    return warning(`its pair could not be compared with ${pair}: it gives no description`, compare)
  const described = description.replace(/\s/g, '').toUpperCase()
  if (described === pair.toUpperCase()) return null
  const detail = `the contract calls itself ${description}, but chains.yaml uses it as ${pair}`
  const [, currency] = described.split('/')
  const isOther = currency !== undefined && currency !== pair.toUpperCase().split('/')[1]
  return isOther ? fault(detail, CORRECT) : warning(detail, compare)
}

function judgeAge(feed: Feed, { updatedAt }: FeedRound, now: Date): Judgement | null {
  if (!isStale(updatedAt, now, feed)) return null
  return fault(
    `its price is ${ageSeconds(updatedAt, now)} s old, but max_age_seconds is ${feed.maxAgeSeconds}`,
    "raise max_age_seconds above the feed's heartbeat, or use a feed that is still updated",
  )
}

function judgePrice({ peg }: ConfiguredFeed, round: FeedRound, now: Date): Judgement {
  const rate = rateOfRound(round)
  const found = `${formatRate(rate)}, ${round.decimals} decimals, ${ageSeconds(round.updatedAt, now)} s old`
  if (peg === null || !differByMoreThan(peg.rate, rate, peg.maxDeviationBps)) return ok(found)
  return warning(
    `${found}: more than ${peg.maxDeviationBps / 100} % away from the fixed price ${formatRate(peg.rate)}`,
    `${UNUSED}; see the runbook RateStale`,
  )
}

function ageSeconds(updatedAt: Date, now: Date): number {
  return Math.max(0, Math.round((now.getTime() - updatedAt.getTime()) / 1000))
}
