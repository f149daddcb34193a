import {
  type AssetRate,
  currenciesOf,
  feedsOf,
  feedsOfRate,
  type PricedAsset,
  type RateBook,
  READING_SECONDS_MAX,
  rateAt as rateOfReadings,
} from '@ctrip/domain/rates/rate-book'
import type { Executor } from '../database/database'
import { lastReadings, readingsAt, roundTimesAfter } from './rate-rounds'

const LATER_ROUNDS_MAX = 50

/** Every configured asset's rate in every configured currency, as it stands by the database's clock: usable, or why not. */
export async function currentRates(executor: Executor, book: RateBook): Promise<AssetRate[]> {
  const readings = await lastReadings(executor, feedsOf(book))
  const when = { time: await databaseTime(executor), readingSecondsMax: READING_SECONDS_MAX }
  return book.assets.flatMap((asset) =>
    currenciesOf(book).map((currency) => rateOfReadings(book, { asset, currency }, readings, when)),
  )
}

/** One asset's rate in one currency, as it stands now. */
export async function currentRate(
  executor: Executor,
  book: RateBook,
  asset: PricedAsset,
  currency: string,
): Promise<AssetRate> {
  const readings = await lastReadings(executor, feedsOfRate(book, asset, currency))
  const when = { time: await databaseTime(executor), readingSecondsMax: READING_SECONDS_MAX }
  return rateOfReadings(book, { asset, currency }, readings, when)
}

/**
 * The rate that was in force at a time, such as a block's; if none could be used then, the first that could be used after it. It follows from the
 * recorded rounds alone, so that it is the same whenever it is asked for, once a usable round is there.
 */
export async function rateAt(
  executor: Executor,
  book: RateBook,
  target: { readonly asset: PricedAsset; readonly currency: string },
  time: Date,
): Promise<AssetRate> {
  const feeds = feedsOfRate(book, target.asset, target.currency)
  const inForce = await rateFromRounds(time)
  if (inForce.rate !== null) return inForce
  for (const later of await roundTimesAfter(executor, feeds, time, LATER_ROUNDS_MAX)) {
    const rate = await rateFromRounds(later)
    if (rate.rate !== null) return rate
  }
  return inForce

  async function rateFromRounds(at: Date): Promise<AssetRate> {
    return rateOfReadings(book, target, await readingsAt(executor, feeds, at), { time: at, readingSecondsMax: null })
  }
}

async function databaseTime(executor: Executor): Promise<Date> {
  const [row] = await executor.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`
  if (row === undefined) throw new Error('Postgres gave no time')
  return row.now
}
