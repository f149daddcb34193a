import { type Hash, hashToBytes } from '@ctrip/domain/hash'
import { type FeedRound, ROUND_REFUSALS, type RoundHistory, type RoundRefusal } from '@ctrip/domain/rates/judge-round'
import { type Feed, type FeedReading, feedKey } from '@ctrip/domain/rates/rate-book'
import { z } from 'zod'
import type { Executor } from '../database/database'
import type { Prisma } from '../generated/prisma/client'

/** The block at whose state a feed was read. */
export interface ReadBlock {
  readonly number: number
  readonly hash: Hash
  readonly time: Date
}

/** How many providers were asked for a reading, and how many of them gave this one. */
export interface Agreement {
  readonly agreedBy: number
  readonly asked: number
}

/** One reading of a feed that enough providers agreed on: a round, or that there is none. */
export interface FeedRecord {
  readonly feed: Feed
  readonly round: FeedRound | null
  readonly refusal: RoundRefusal | null
  /** The round is not the one that was read before. */
  readonly isNew: boolean
}

export interface RecordedHistory extends RoundHistory {
  readonly newest: { readonly round: FeedRound; readonly refusal: RoundRefusal | null } | null
}

type FeedId = Pick<Feed, 'chainId' | 'pair' | 'address'>

/**
 * Writes one feed's reading in `tx`: its round if that is new, and that it was read. `block` is null for a fixed price. A round is written once
 * for as long as the feed gives it; one that a reorg brings back is written again.
 */
export async function recordReading(
  tx: Executor,
  { feed, round, refusal, isNew }: FeedRecord,
  block: ReadBlock | null,
  { agreedBy, asked }: Agreement,
): Promise<void> {
  const hash = block === null ? null : hashToBytes(block.hash)
  const [number, time] = [block?.number ?? null, block?.time ?? null]
  const inserted =
    round === null || !isNew
      ? []
      : await tx.$queryRaw<{ id: bigint }[]>`
          INSERT INTO rate_rounds (chain_id, pair, feed, round_id, answer, decimals, round_updated_at, block_number, block_hash, block_time,
            agreed_by, asked, accepted, reason)
          VALUES (${feed.chainId}, ${feed.pair}, ${addressOf(feed)}, ${round.roundId.toString()}::numeric, ${round.answer.toString()}::numeric,
            ${round.decimals}, ${round.updatedAt}, ${number}::bigint, ${hash}::bytea, ${time}::timestamptz, ${agreedBy}, ${asked},
            ${refusal === null}, ${refusal})
          RETURNING id`
  const id = inserted[0]?.id ?? null
  await tx.$executeRaw`
    INSERT INTO rate_readings AS known (chain_id, pair, feed, read_at, block_number, block_hash, block_time, agreed_by, asked, round, refusal)
    VALUES (${feed.chainId}, ${feed.pair}, ${addressOf(feed)}, clock_timestamp(), ${number}::bigint, ${hash}::bytea, ${time}::timestamptz,
      ${agreedBy}, ${asked}, ${id}::bigint, ${refusal})
    ON CONFLICT (chain_id, pair, feed) DO UPDATE SET read_at = excluded.read_at, block_number = excluded.block_number,
      block_hash = excluded.block_hash, block_time = excluded.block_time, agreed_by = excluded.agreed_by, asked = excluded.asked,
      round = coalesce(excluded.round, known.round), refusal = excluded.refusal, failing_since = NULL, failure = NULL`
}

/** Notes that the providers did not agree on a feed, and since when. Its last reading stays. */
export async function recordFailedReading(executor: Executor, feed: FeedId, failure: string): Promise<void> {
  await executor.$executeRaw`
    INSERT INTO rate_readings AS known (chain_id, pair, feed, failing_since, failure)
    VALUES (${feed.chainId}, ${feed.pair}, ${addressOf(feed)}, clock_timestamp(), ${failure})
    ON CONFLICT (chain_id, pair, feed) DO UPDATE
      SET failing_since = coalesce(known.failing_since, excluded.failing_since), failure = excluded.failure`
}

/** The newest round of a feed with its refusal, and the rounds that the next is judged by (index rate_rounds_by_feed). */
export async function readHistory(executor: Executor, feed: FeedId): Promise<RecordedHistory> {
  const rows = await executor.$queryRaw<(RoundRow & { accepted: boolean; reason: string | null })[]>`
    (SELECT round_id, answer, decimals, round_updated_at, accepted, reason FROM rate_rounds
      WHERE chain_id = ${feed.chainId} AND pair = ${feed.pair} AND feed = ${addressOf(feed)} ORDER BY id DESC LIMIT 1)
    UNION ALL
    (SELECT round_id, answer, decimals, round_updated_at, accepted, reason FROM rate_rounds
      WHERE chain_id = ${feed.chainId} AND pair = ${feed.pair} AND feed = ${addressOf(feed)} AND accepted ORDER BY id DESC LIMIT 1)`
  const [newest] = rows
  const accepted = rows.find((row) => row.accepted)
  const refusal = newest?.reason
  return {
    newest: newest === undefined ? null : { round: toRound(newest), refusal: refusalSchema.parse(newest.reason) },
    accepted: accepted === undefined ? null : toRound(accepted),
    unconfirmed:
      newest !== undefined && (refusal === 'jump' || refusal === 'decimals_changed')
        ? { round: toRound(newest), refusal }
        : null,
  }
}

/** The last readings of feeds, by `feedKey`. A feed that was never read is missing. By the primary key. */
export async function lastReadings(executor: Executor, feeds: readonly Feed[]): Promise<Map<string, FeedReading>> {
  const rows = await executor.$queryRaw<(NullableRound & ReadingRow)[]>`
    SELECT wanted.n, readings.read_at, readings.refusal AS reason, rounds.round_id, rounds.answer, rounds.decimals, rounds.round_updated_at
    FROM jsonb_to_recordset(${wanted(feeds)}::jsonb) AS wanted (n int, chain_id bigint, pair text, feed text)
    JOIN rate_readings AS readings USING (chain_id, pair, feed) LEFT JOIN rate_rounds AS rounds ON rounds.id = readings.round
    WHERE readings.read_at IS NOT NULL`
  return byFeed(feeds, rows)
}

/** The newest round of each feed whose own time is not after `time` (index rate_rounds_by_time), by `feedKey`. */
export async function readingsAt(
  executor: Executor,
  feeds: readonly Feed[],
  time: Date,
): Promise<Map<string, FeedReading>> {
  const rows = await executor.$queryRaw<(NullableRound & ReadingRow)[]>`
    SELECT wanted.n, round.* FROM jsonb_to_recordset(${wanted(feeds)}::jsonb) AS wanted (n int, chain_id bigint, pair text, feed text)
    CROSS JOIN LATERAL (
      SELECT read_at, reason, round_id, answer, decimals, round_updated_at FROM rate_rounds
      WHERE chain_id = wanted.chain_id AND pair = wanted.pair AND feed = wanted.feed AND round_updated_at <= ${time}
      ORDER BY round_updated_at DESC, id DESC LIMIT 1
    ) AS round`
  return byFeed(feeds, rows)
}

/** The times of the accepted rounds of these feeds after `time`, the earliest first (index rate_rounds_by_time). */
export async function roundTimesAfter(
  executor: Executor,
  feeds: readonly Feed[],
  time: Date,
  limit: number,
): Promise<Date[]> {
  const rows = await executor.$queryRaw<{ at: Date }[]>`
    SELECT DISTINCT round.at FROM jsonb_to_recordset(${wanted(feeds)}::jsonb) AS wanted (n int, chain_id bigint, pair text, feed text)
    CROSS JOIN LATERAL (
      SELECT round_updated_at AS at FROM rate_rounds
      WHERE chain_id = wanted.chain_id AND pair = wanted.pair AND feed = wanted.feed AND round_updated_at > ${time} AND accepted
      ORDER BY round_updated_at LIMIT ${limit}
    ) AS round
    ORDER BY round.at LIMIT ${limit}`
  return rows.map(({ at }) => at)
}

interface RoundRow {
  readonly round_id: Prisma.Decimal
  readonly answer: Prisma.Decimal
  readonly decimals: number
  readonly round_updated_at: Date
}

/** All null where a feed has no round. */
interface NullableRound {
  readonly round_id: Prisma.Decimal | null
  readonly answer: Prisma.Decimal | null
  readonly decimals: number | null
  readonly round_updated_at: Date | null
}

interface ReadingRow {
  readonly n: number
  readonly read_at: Date
  readonly reason: string | null
}

const refusalSchema = z.enum(ROUND_REFUSALS).nullable()

function byFeed(feeds: readonly Feed[], rows: readonly (NullableRound & ReadingRow)[]): Map<string, FeedReading> {
  const readings = new Map<string, FeedReading>()
  for (const row of rows) {
    const feed = feeds[row.n]
    if (feed === undefined) continue
    readings.set(feedKey(feed), toReading(row))
  }
  return readings
}

function toReading(row: NullableRound & Pick<ReadingRow, 'read_at' | 'reason'>): FeedReading {
  const { round_id, answer, decimals, round_updated_at } = row
  const hasRound = round_id !== null && answer !== null && decimals !== null && round_updated_at !== null
  return {
    round: hasRound ? toRound({ round_id, answer, decimals, round_updated_at }) : null,
    refusal: refusalSchema.parse(row.reason),
    readAt: row.read_at,
  }
}

/** `Decimal#toString` would give `1.23e+29` and drop digits; `toFixed(0)` is exact. */
function toRound(row: RoundRow): FeedRound {
  return {
    roundId: BigInt(row.round_id.toFixed(0)),
    answer: BigInt(row.answer.toFixed(0)),
    decimals: row.decimals,
    updatedAt: row.round_updated_at,
  }
}

function wanted(feeds: readonly Feed[]): string {
  return JSON.stringify(feeds.map((feed, n) => ({ n, chain_id: feed.chainId, pair: feed.pair, feed: addressOf(feed) })))
}

function addressOf({ address }: Pick<Feed, 'address'>): string {
  return address ?? 'fixed'
}

/** Thins rounds of a chain that are older than 90 days to one an hour and feed, an accepted one where there is one. Returns how many are gone (index rate_rounds_by_age). */
export async function thinOldRounds(executor: Executor, chainId: number, limit: number): Promise<number> {
  return executor.$executeRaw`
    DELETE FROM rate_rounds WHERE id IN (
      SELECT id FROM (
        SELECT id, row_number() OVER (
          PARTITION BY pair, feed, date_trunc('hour', round_updated_at) ORDER BY accepted DESC, id DESC) AS place
        FROM rate_rounds WHERE chain_id = ${chainId} AND read_at < clock_timestamp() - interval '90 days'
      ) AS old
      WHERE place > 1 AND NOT EXISTS (SELECT 1 FROM rate_readings WHERE rate_readings.round = old.id)
      LIMIT ${limit})`
}
