import { type Address, toChecksum } from '../address'
import { chainRates, crossRate, differByMoreThan, type Rate } from '../rates'
import { type FeedRound, isStale, type RateRefusal, type RoundRefusal, rateOfRound } from './judge-round'

/** The source of a rate: one contract on one chain, or (without an address) a price that the operator fixed. */
export interface Feed {
  readonly chainId: number
  readonly pair: string
  readonly address: Address | null
  /** The `sequencer` says whether a rollup's sequencer runs (0) and since when; it has no price. */
  readonly role: 'price' | 'sequencer'
  readonly maxAgeSeconds: number
  readonly maxJumpBps: number
}

export type Price =
  | { readonly kind: 'feed'; readonly currency: string; readonly feed: Feed }
  | {
      readonly kind: 'fixed'
      readonly currency: string
      readonly rate: Rate
      readonly feed: Feed
      readonly peg: { readonly feed: Feed; readonly maxDeviationBps: number } | null
    }

export interface PricedAsset {
  readonly chain: string
  readonly chainId: number
  readonly symbol: string
  readonly contract: Address | null
  readonly decimals: number
  readonly price: Price
  readonly sequencer: Feed | null
}

/** Dollars for one unit of a currency. */
export interface CurrencyFeed {
  readonly code: string
  readonly feed: Feed
  readonly sequencer: Feed | null
}

/** Every price and currency that chains.yaml configures. */
export interface RateBook {
  readonly assets: readonly PricedAsset[]
  readonly currencies: readonly CurrencyFeed[]
}

/** A feed's newest round and whether it is sound, with the time of the last reading that enough providers agreed on. */
export interface FeedReading {
  readonly round: FeedRound | null
  readonly refusal: RoundRefusal | null
  readonly readAt: Date
}

export type FeedReadings = ReadonlyMap<string, FeedReading>

/** A rate that may be used, with its origin; or the reason why there is none. */
export interface AssetRate {
  readonly asset: PricedAsset
  readonly currency: string
  readonly rate: Rate | null
  readonly reason: RateRefusal | null
  readonly source: string
  readonly roundId: bigint | null
  readonly updatedAt: Date | null
}

export const READING_SECONDS_MAX = 120
export const SEQUENCER_GRACE_SECONDS = 3600
const DOLLAR = 'USD'
const ONE: Rate = { numerator: 1n, denominator: 1n }

/** The key of a feed in `FeedReadings`. */
export function feedKey(feed: Pick<Feed, 'chainId' | 'pair' | 'address'>): string {
  return `${feed.chainId}/${feed.pair}/${feed.address ?? 'fixed'}`
}

/** Every feed of the book, each once. */
export function feedsOf(book: RateBook): Feed[] {
  const feeds = [...book.assets.flatMap(feedsOfAsset), ...book.currencies.flatMap(feedsOfCurrency)]
  return [...new Map(feeds.map((feed) => [feedKey(feed), feed])).values()]
}

/** The feeds that one rate depends on. */
export function feedsOfRate(book: RateBook, asset: PricedAsset, currency: string): Feed[] {
  const codes = currency === asset.price.currency ? [] : [asset.price.currency, currency]
  const used = book.currencies.filter(({ code }) => codes.includes(code))
  return [...feedsOfAsset(asset), ...used.flatMap(feedsOfCurrency)]
}

/** The currencies in which prices can be given, in alphabetical order: the dollar, those with a feed, and those that assets are priced in. */
export function currenciesOf(book: RateBook): string[] {
  const priced = book.assets.map(({ price }) => price.currency)
  return [...new Set([DOLLAR, ...book.currencies.map(({ code }) => code), ...priced])].sort()
}

/**
 * The rate of an asset in a currency at a time, from what is known of the feeds. `readingSecondsMax` is how long ago the last agreed reading may
 * be: READING_SECONDS_MAX for a quote; null for a time in the past, where the rounds that were kept are all there is to know.
 */
export function rateAt(
  book: RateBook,
  target: { readonly asset: PricedAsset; readonly currency: string },
  readings: FeedReadings,
  when: { readonly time: Date; readonly readingSecondsMax: number | null },
): AssetRate {
  const { asset, currency } = target
  const steps: Step[] = [assetStep(asset, readings, when)]
  if (currency !== asset.price.currency) {
    steps.push(...currencySteps(book, asset.price.currency, 'multiply', readings, when))
    steps.push(...currencySteps(book, currency, 'divide', readings, when))
  }
  const reason = steps.find((step) => step.reason !== null)?.reason ?? null
  const rounds = steps.flatMap(({ round }) => (round === null ? [] : [round]))
  const times = rounds.map(({ updatedAt }) => updatedAt.getTime())
  return {
    asset,
    currency,
    rate: reason === null ? steps.reduce(applyStep, ONE) : null,
    reason,
    source: steps.map(({ source }) => source).join(' / '),
    roundId: rounds[0]?.roundId ?? null,
    updatedAt: times.length === 0 ? null : new Date(Math.min(...times)),
  }
}

type When = Parameters<typeof rateAt>[3]

interface Step {
  readonly operation: 'multiply' | 'divide'
  readonly rate: Rate | null
  readonly reason: RateRefusal | null
  readonly source: string
  readonly round: FeedRound | null
}

function applyStep(total: Rate, { operation, rate }: Step): Rate {
  if (rate === null) return total
  return operation === 'multiply' ? chainRates(total, rate) : crossRate(total, rate)
}

function assetStep(asset: PricedAsset, readings: FeedReadings, when: When): Step {
  const { price } = asset
  const read = price.kind === 'feed' ? readPrice(price.feed, readings, when) : readFixed(price, readings, when)
  const reason = read.reason ?? refuseSequencer(asset.sequencer, readings, when)
  return { operation: 'multiply', ...read, reason, source: sourceOf(price.feed) }
}

/** Nothing for the dollar, in which currencies are told. */
function currencySteps(
  book: RateBook,
  code: string,
  operation: Step['operation'],
  readings: FeedReadings,
  when: When,
): Step[] {
  if (code === DOLLAR) return []
  const currency = book.currencies.find((candidate) => candidate.code === code)
  if (currency === undefined)
    return [{ operation, rate: null, reason: 'no_currency_feed', source: `${code}/${DOLLAR}`, round: null }]
  const read = readPrice(currency.feed, readings, when)
  const reason = read.reason ?? refuseSequencer(currency.sequencer, readings, when)
  return [{ operation, ...read, reason, source: sourceOf(currency.feed) }]
}

type PriceRead = Pick<Step, 'rate' | 'reason' | 'round'>

function readPrice(feed: Feed, readings: FeedReadings, when: When): PriceRead {
  const reading = readings.get(feedKey(feed))
  if (reading === undefined || isUnread(reading, when)) return { rate: null, reason: 'unread', round: null }
  const { round, refusal } = reading
  if (refusal !== null) return { rate: null, reason: refusal, round }
  if (round === null) return { rate: null, reason: 'unread', round }
  if (isStale(round.updatedAt, when.time, feed)) return { rate: null, reason: 'stale', round }
  return { rate: rateOfRound(round), reason: null, round }
}

/** Of a time in the past the fixed price that was recorded then; chains.yaml may say another by now. */
function readFixed(price: Extract<Price, { kind: 'fixed' }>, readings: FeedReadings, when: When): PriceRead {
  const recorded = when.readingSecondsMax === null ? (readings.get(feedKey(price.feed))?.round ?? null) : null
  const rate = recorded === null ? price.rate : rateOfRound(recorded)
  if (price.peg === null) return { rate, reason: null, round: null }
  const market = readPrice(price.peg.feed, readings, when)
  if (market.rate === null) return market
  const isOff = differByMoreThan(rate, market.rate, price.peg.maxDeviationBps)
  return { rate, reason: isOff ? 'off_peg' : null, round: market.round }
}

/** A sequencer that came back less than an hour ago leaves feeds behind the market, and payers without the time to react. */
function refuseSequencer(feed: Feed | null, readings: FeedReadings, when: When): RateRefusal | null {
  if (feed === null) return null
  const reading = readings.get(feedKey(feed))
  if (reading === undefined || isUnread(reading, when)) return 'unread'
  if (reading.refusal !== null) return reading.refusal
  if (reading.round === null) return 'unread'
  const upForMs = when.time.getTime() - reading.round.updatedAt.getTime()
  return reading.round.answer === 0n && upForMs >= SEQUENCER_GRACE_SECONDS * 1000 ? null : 'sequencer_down'
}

function isUnread(reading: FeedReading, { time, readingSecondsMax }: When): boolean {
  return readingSecondsMax !== null && time.getTime() - reading.readAt.getTime() > readingSecondsMax * 1000
}

/** CAIP-10 of the contract. */
function sourceOf(feed: Feed): string {
  return feed.address === null ? 'fixed' : `eip155:${feed.chainId}:${toChecksum(feed.address)}`
}

function feedsOfAsset({ price, sequencer }: PricedAsset): Feed[] {
  const peg = price.kind === 'fixed' && price.peg !== null ? [price.peg.feed] : []
  return [price.feed, ...peg, ...(sequencer === null ? [] : [sequencer])]
}

function feedsOfCurrency({ feed, sequencer }: CurrencyFeed): Feed[] {
  return sequencer === null ? [feed] : [feed, sequencer]
}
