import type { FeedRound, RoundRefusal } from '@ctrip/domain/rates/judge-round'
import type { Feed } from '@ctrip/domain/rates/rate-book'
import type { RawRound } from './read-feeds'

/** The largest time that every part of us can hold: the last second of the year 9999. */
const SECONDS_MAX = 253_402_300_799n
const DECIMALS_SHOWN_MAX = 255n

/** The round that a contract gives, in the domain's terms. A sequencer's round counts from when its status began. */
export function toFeedRound({ role }: Pick<Feed, 'role'>, raw: RawRound): FeedRound {
  const seconds = role === 'sequencer' ? raw.startedAt : raw.updatedAt
  return {
    roundId: raw.roundId,
    answer: raw.answer,
    decimals: Number(raw.decimals < DECIMALS_SHOWN_MAX ? raw.decimals : DECIMALS_SHOWN_MAX),
    updatedAt: new Date(Number(seconds < SECONDS_MAX ? seconds : SECONDS_MAX) * 1000),
  }
}

/** Refuses a round that is dated after the block at which it was read: it would never grow old. */
export function refuseTime({ role }: Pick<Feed, 'role'>, round: FeedRound, blockTime: Date): RoundRefusal | null {
  if (round.updatedAt > blockTime) return 'bad_time'
  return role === 'sequencer' && round.updatedAt.getTime() === 0 ? 'bad_time' : null
}
