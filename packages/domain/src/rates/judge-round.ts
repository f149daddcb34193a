import { unreachable } from '../assert'
import { differByMoreThan, type Rate, rateOfAnswer } from '../rates'

/** One round of a feed (`latestRoundData` and `decimals`), as a block's state has it. */
export interface FeedRound {
  readonly roundId: bigint
  readonly answer: bigint
  readonly decimals: number
  readonly updatedAt: Date
}

export const ROUND_REFUSALS = [
  /** Providers told different rounds, or too few answered. */
  'no_agreement',
  /** The feed reverted, or what it returned is no round. */
  'unreadable',
  'not_positive',
  /** Dated after the block that it was read at, or never updated. */
  'bad_time',
  /** More decimals than a uint256 has digits. */
  'bad_decimals',
  'decimals_changed',
  'jump',
] as const
export type RoundRefusal = (typeof ROUND_REFUSALS)[number]

/** A fixed price has no round and cannot be refused; everything else that makes a rate unusable. */
export const RATE_REFUSALS = [
  ...ROUND_REFUSALS,
  'stale',
  'unread',
  'sequencer_down',
  'off_peg',
  'no_currency_feed',
] as const
export type RateRefusal = (typeof RATE_REFUSALS)[number]

export interface RoundLimits {
  readonly maxAgeSeconds: number
  readonly maxJumpBps: number
}

/** The rounds of a feed that the next one is compared with. */
export interface RoundHistory {
  /** The last round that was accepted. */
  readonly accepted: FeedRound | null
  /** The round before this one, if it was refused for what a second round can confirm. */
  readonly unconfirmed: { readonly round: FeedRound; readonly refusal: 'jump' | 'decimals_changed' } | null
}

export interface RateVerdict {
  readonly available: boolean
  readonly reason: RateRefusal | null
}

const DECIMALS_MAX = 36

/** Whether a round may be used now: sound in itself, confirmed where it jumps, and young enough. */
export function judgeRound(previous: RoundHistory, round: FeedRound, now: Date, limits: RoundLimits): RateVerdict {
  const reason = refuseRound(previous, round, limits) ?? (isStale(round.updatedAt, now, limits) ? 'stale' : null)
  return { available: reason === null, reason }
}

/** Older than allowed at this time. At exactly the allowed age it is not. */
export function isStale(updatedAt: Date, now: Date, limits: Pick<RoundLimits, 'maxAgeSeconds'>): boolean {
  return now.getTime() - updatedAt.getTime() > limits.maxAgeSeconds * 1000
}

/**
 * The reason why a round may never be used by itself, or null. It does not depend on our clock, so it is written down with the round.
 *
 * A round that differs from the last accepted one by more than `maxJumpBps` waits for the next round (another round id) to be near it. Changed
 * decimals wait likewise, and both rounds must say nearly the same rate as before the change: a feed whose decimals changed while its answers
 * did not is off by powers of ten, and no number of rounds makes that a price.
 */
export function refuseRound(
  previous: RoundHistory,
  round: FeedRound,
  limits: Pick<RoundLimits, 'maxJumpBps'>,
): RoundRefusal | null {
  if (round.answer <= 0n) return 'not_positive'
  if (round.updatedAt.getTime() <= 0) return 'bad_time'
  if (round.decimals > DECIMALS_MAX) return 'bad_decimals'
  const { accepted } = previous
  if (accepted === null) return null
  const jumps = differ(accepted, round, limits.maxJumpBps)
  if (accepted.decimals !== round.decimals)
    return !jumps && isConfirmed(previous, round, 'decimals_changed', limits) ? null : 'decimals_changed'
  return jumps && !isConfirmed(previous, round, 'jump', limits) ? 'jump' : null
}

/** The reason in words, for people. */
export function describeRefusal(reason: RateRefusal): string {
  switch (reason) {
    case 'no_agreement':
      return 'the providers do not agree on the feed'
    case 'unreadable':
      return 'the feed cannot be read'
    case 'not_positive':
      return 'the feed gives no positive price'
    case 'bad_time':
      return 'the feed gives a time that cannot be'
    case 'bad_decimals':
      return 'the feed gives decimals that cannot be'
    case 'decimals_changed':
      return "the feed's decimals changed"
    case 'jump':
      return 'the price jumped, and no second round confirms it yet'
    case 'stale':
      return 'the price is too old'
    case 'unread':
      return 'the feed has not been read lately'
    case 'sequencer_down':
      return "the chain's sequencer is down, or back for less than an hour"
    case 'off_peg':
      return 'the asset is away from its peg'
    case 'no_currency_feed':
      return 'the currency has no feed'
    default:
      return unreachable(reason)
  }
}

export function rateOfRound(round: Pick<FeedRound, 'answer' | 'decimals'>): Rate {
  return rateOfAnswer(round.answer, round.decimals)
}

function isConfirmed(
  previous: RoundHistory,
  round: FeedRound,
  refusal: 'jump' | 'decimals_changed',
  limits: Pick<RoundLimits, 'maxJumpBps'>,
): boolean {
  const first = previous.unconfirmed
  if (first === null || first.refusal !== refusal || first.round.roundId === round.roundId) return false
  if (first.round.decimals !== round.decimals) return false
  return !differ(first.round, round, limits.maxJumpBps)
}

function differ(first: FeedRound, second: FeedRound, bps: number): boolean {
  return differByMoreThan(rateOfRound(first), rateOfRound(second), bps)
}
