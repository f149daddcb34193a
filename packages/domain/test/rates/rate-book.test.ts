import { formatRate, rateOf } from '../../src/rates'
import type { FeedRound, RoundRefusal } from '../../src/rates/judge-round'
import {
  type AssetRate,
  currenciesOf,
  type Feed,
  type FeedReading,
  feedKey,
  feedsOf,
  feedsOfRate,
  type PricedAsset,
  type RateBook,
  rateAt,
} from '../../src/rates/rate-book'
import { address } from '../payment/fixtures'

const NOW = new Date('2026-01-01T12:00:00Z')
const CHAIN = { chain: 'anvil', chainId: 31337 }

function feed(pair: string, last: number | null, changes: Partial<Feed> = {}): Feed {
  const contract = last === null ? null : address(`0x${'0'.repeat(39)}${last}`)
  return { chainId: 31337, pair, address: contract, role: 'price', maxAgeSeconds: 3600, maxJumpBps: 2000, ...changes }
}

const ETH_USD = feed('ETH/USD', 1)
const EUR_USD = feed('EUR/USD', 2)
const PEG = feed('USDC/USD', 3)
const SEQUENCER = feed('sequencer', 4, { role: 'sequencer' })
const ETH: PricedAsset = {
  ...CHAIN,
  symbol: 'ETH',
  contract: null,
  decimals: 18,
  price: { kind: 'feed', currency: 'USD', feed: ETH_USD },
  sequencer: null,
}
const USDC: PricedAsset = {
  ...ETH,
  symbol: 'USDC',
  decimals: 6,
  price: { kind: 'fixed', currency: 'USD', rate: rateOf(1n, 1n), feed: feed('USDC/USD', null), peg: null },
}
const PEGGED: PricedAsset = {
  ...USDC,
  price: {
    kind: 'fixed',
    currency: 'USD',
    rate: rateOf(1n, 1n),
    feed: feed('USDC/USD', null),
    peg: { feed: PEG, maxDeviationBps: 200 },
  },
}
const BOOK: RateBook = { assets: [ETH, USDC], currencies: [{ code: 'EUR', feed: EUR_USD, sequencer: null }] }

function reading(answer: number, changes: Partial<FeedRound> = {}, refusal: RoundRefusal | null = null): FeedReading {
  const round = { roundId: 7n, answer: BigInt(answer), decimals: 2, updatedAt: NOW, ...changes }
  return { round, refusal, readAt: NOW }
}

/** The rate with the readings given for ETH/USD, EUR/USD, the peg and the sequencer. */
function rate(
  asset: PricedAsset,
  currency: string,
  readings: readonly (readonly [Feed, FeedReading])[],
  time = NOW,
): AssetRate {
  const known = new Map(readings.map(([of, read]) => [feedKey(of), read]))
  return rateAt(BOOK, { asset, currency }, known, { time, readingSecondsMax: 120 })
}

const shown = ({ rate: value, reason }: AssetRate) => (value === null ? reason : formatRate(value))

describe("an asset's rate", () => {
  it("is its feed's, with round, time and source", () => {
    expect(rate(ETH, 'USD', [[ETH_USD, reading(300_000)]])).toMatchObject({
      rate: rateOf(3000n, 1n),
      reason: null,
      roundId: 7n,
      updatedAt: NOW,
      source: `eip155:31337:0x${'0'.repeat(39)}1`,
    })
  })

  it('in another currency crosses two feeds, and is as old as the older', () => {
    const older = new Date(NOW.getTime() - 1000)
    const readings = [
      [ETH_USD, reading(300_000)],
      [EUR_USD, reading(120, { updatedAt: older })],
    ] as const
    const crossed = rate(ETH, 'EUR', readings)
    expect([shown(crossed), crossed.updatedAt, crossed.source.split(' / ').length]).toEqual(['2500', older, 2])
  })

  it('of a fixed price needs no reading', () => {
    expect(shown(rate(USDC, 'USD', []))).toBe('1')
    expect(shown(rate(USDC, 'EUR', [[EUR_USD, reading(125)]]))).toBe('0.8')
  })

  it('is missing in a currency without a feed', () => {
    expect(shown(rate(USDC, 'JPY', []))).toBe('no_currency_feed')
  })

  it.each([
    ['was never read', [], 'unread'],
    [
      'was read too long ago',
      [[ETH_USD, { ...reading(300_000), readAt: new Date(NOW.getTime() - 121_000) }]],
      'unread',
    ],
    [
      'is older than allowed',
      [[ETH_USD, reading(300_000, { updatedAt: new Date(NOW.getTime() - 3_601_000) })]],
      'stale',
    ],
    ['jumped', [[ETH_USD, reading(300_000, {}, 'jump')]], 'jump'],
    ['cannot be read', [[ETH_USD, { round: null, refusal: 'unreadable', readAt: NOW }]], 'unreadable'],
  ] as const)('is not used where its feed %s', (_what, readings, reason) => {
    expect(rate(ETH, 'USD', readings)).toMatchObject({ rate: null, reason })
  })

  it('is not used in a currency whose feed is stale', () => {
    const old = reading(120, { updatedAt: new Date(NOW.getTime() - 3_601_000) })
    expect(
      shown(
        rate(ETH, 'EUR', [
          [ETH_USD, reading(300_000)],
          [EUR_USD, old],
        ]),
      ),
    ).toBe('stale')
  })
})

describe('a fixed price with a peg', () => {
  it.each([
    [98, '1'],
    [102, '1'],
    [97, 'off_peg'],
    [103, 'off_peg'],
  ])('while the market says %s cents is %s', (cents, expected) => {
    expect(shown(rate(PEGGED, 'USD', [[PEG, reading(cents)]]))).toBe(expected)
  })

  it('is not used while the market is unknown', () => {
    expect(shown(rate(PEGGED, 'USD', []))).toBe('unread')
  })
})

describe('a chain with a sequencer', () => {
  const onRollup: PricedAsset = { ...ETH, sequencer: SEQUENCER }
  const status = (answer: number, forSeconds: number) =>
    reading(answer, { updatedAt: new Date(NOW.getTime() - forSeconds * 1000) })

  it.each([
    ['has run for an hour', status(0, 3600), '3000'],
    ['is back for less than an hour', status(0, 3599), 'sequencer_down'],
    ['is down', status(1, 7200), 'sequencer_down'],
  ])('while it %s: %s', (_what, sequencer, expected) => {
    const readings = [
      [ETH_USD, reading(300_000)],
      [SEQUENCER, sequencer],
    ] as const
    expect(shown(rate(onRollup, 'USD', readings))).toBe(expected)
  })

  it('gives no rate while its status is unknown', () => {
    expect(shown(rate(onRollup, 'USD', [[ETH_USD, reading(300_000)]]))).toBe('unread')
  })
})

it('a book names each feed once, and those that one rate needs', () => {
  const book = { ...BOOK, assets: [ETH, { ...ETH, symbol: 'WETH' }, PEGGED] }
  expect(feedsOf(book).map(feedKey)).toEqual([ETH_USD, PEGGED.price.feed, PEG, EUR_USD].map(feedKey))
  expect(feedsOfRate(book, ETH, 'EUR').map(feedKey)).toEqual([ETH_USD, EUR_USD].map(feedKey))
  expect(currenciesOf(book)).toEqual(['EUR', 'USD'])
})

it('the past is judged by the fixed price that was recorded then', () => {
  const recorded = new Map([[feedKey(USDC.price.feed), reading(50)]])
  const past = rateAt(BOOK, { asset: USDC, currency: 'USD' }, recorded, { time: NOW, readingSecondsMax: null })
  expect(shown(past)).toBe('0.5')
})
