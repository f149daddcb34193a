import { feedKey, feedsOf } from '@ctrip/domain/rates/rate-book'
import { stringify } from 'yaml'
import { parseChains } from '../src/chains-config'
import { pricedAsset, rateBookOf } from '../src/rate-book'

const FEED = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const OTHER_FEED = '0xdAC17F958D2ee523a2206206994597C13D831ec7'
const USDC = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'

function parse(native: object | null, more: object = {}, currencies: readonly object[] = []) {
  const chain = {
    name: 'anvil',
    chain_id: 31337,
    providers: [{ name: 'local', http: 'http://127.0.0.1:8545' }],
    native: { symbol: 'ETH', ...(native === null ? {} : { price: native }) },
    treasury: FEED,
    ...more,
  }
  return parseChains(stringify({ chains: [chain], currencies }), {})
}

function problemsOf(...given: Parameters<typeof parse>): readonly string[] {
  const loaded = parse(...given)
  return loaded.ok ? [] : loaded.problems
}

function bookOf(...given: Parameters<typeof parse>) {
  const loaded = parse(...given)
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'))
  return rateBookOf(loaded.chains)
}

const fromFeed = { currency: 'USD', feed: FEED, max_age_seconds: 3600 }
const EUR = { code: 'EUR', chain: 'anvil', feed: OTHER_FEED, max_age_seconds: 90_000 }

describe('prices in chains.yaml', () => {
  it('make a book of assets and currencies, with the limits of the contract', () => {
    const tokens = [
      { symbol: 'USDC', contract: USDC, decimals: 6, price: { currency: 'USD', fixed: '1', peg_feed: FEED } },
    ]
    const book = bookOf(fromFeed, { tokens }, [EUR])
    expect(book.assets).toMatchObject([
      { symbol: 'ETH', price: { kind: 'feed', feed: { pair: 'ETH/USD', maxAgeSeconds: 3600, maxJumpBps: 2000 } } },
      {
        symbol: 'USDC',
        price: { kind: 'fixed', rate: { numerator: 1n, denominator: 1n }, peg: { maxDeviationBps: 200 } },
      },
    ])
    expect(book.currencies).toMatchObject([{ code: 'EUR', feed: { pair: 'EUR/USD', maxAgeSeconds: 90_000 } }])
    expect(feedsOf(book).map(feedKey)).toEqual([
      `31337/ETH/USD/${FEED.toLowerCase()}`,
      '31337/USDC/USD/fixed',
      `31337/USDC/USD/${FEED.toLowerCase()}`,
      `31337/EUR/USD/${OTHER_FEED.toLowerCase()}`,
    ])
  })

  it('of a chain with a sequencer depend on its feed, where they are read from a feed', () => {
    const tokens = [{ symbol: 'USDC', contract: USDC, decimals: 6, price: { currency: 'USD', fixed: '1' } }]
    const book = bookOf(fromFeed, { tokens, sequencer_feed: OTHER_FEED })
    expect(book.assets.map(({ sequencer }) => sequencer?.role ?? null)).toEqual(['sequencer', null])
  })

  it('are optional', () => {
    const book = bookOf(null)
    expect(book).toEqual({ assets: [], currencies: [] })
    expect(pricedAsset(book, 31337, null)).toBeNull()
  })

  it.each<[string, object, string]>([
    ['neither a feed nor a fixed price', { currency: 'USD' }, 'price.feed: must be given, or `fixed`, and not both'],
    ['both', { ...fromFeed, fixed: '1' }, 'price.feed: must be given, or `fixed`, and not both'],
    [
      'no age',
      { currency: 'USD', feed: FEED },
      'price.max_age_seconds: is missing: an older price of the feed is not used',
    ],
    ['no currency of ISO 4217', { ...fromFeed, currency: 'usd' }, 'price.currency: must be a currency of ISO 4217'],
    ['a price of nothing', { currency: 'USD', fixed: '0' }, 'price.fixed: must be a quoted decimal above 0'],
    ['a number for a decimal', { currency: 'USD', fixed: 1.1 }, 'price.fixed: must be a quoted decimal above 0'],
    ['a feed without checksum', { ...fromFeed, feed: FEED.toLowerCase() }, 'price.feed: has no EIP-55 checksum'],
    ['a peg for a feed', { ...fromFeed, peg_feed: FEED }, 'price.peg_feed: is only for a price with `fixed`'],
    [
      'a jump for a fixed price',
      { currency: 'USD', fixed: '1', max_jump_bps: 5 },
      'price.max_jump_bps: is only for a price with `feed`',
    ],
    [
      'a deviation without a peg',
      { currency: 'USD', fixed: '1', max_deviation_bps: 5 },
      'price.max_deviation_bps: is only for a fixed price with a `peg_feed`',
    ],
    ['a misspelt key', { ...fromFeed, max_age: 5 }, 'price.max_age: is not known here'],
  ])('with %s are refused, and the line says why', (_what, price, problem) => {
    expect(problemsOf(price)).toEqual([expect.stringContaining(problem)])
  })

  it.each<[string, object[], string]>([
    ['the dollar', [{ ...EUR, code: 'USD' }], 'currencies[0].code: is the dollar'],
    ['a chain that is not there', [{ ...EUR, chain: 'mainnet' }], 'currencies[0].chain: is not the name of a chain'],
    ['one currency twice', [EUR, EUR], 'currencies[1].code: the currency is already used at currencies[0].code'],
  ])('currencies with %s are refused', (_what, currencies, problem) => {
    expect(problemsOf(null, {}, currencies)).toEqual([expect.stringContaining(problem)])
  })
})
