import { randomBytes } from 'node:crypto'
import { parseChains } from '@ctrip/chain/chains-config'
import { rateBookOf } from '@ctrip/chain/rate-book'
import { transaction } from '@ctrip/db/database/transaction'
import { recordReading } from '@ctrip/db/rates/rate-rounds'
import { hashFromBytes } from '@ctrip/domain/hash'
import type { PaymentView } from '@ctrip/domain/payment/view'
import type { RoundRefusal } from '@ctrip/domain/rates/judge-round'
import { feedsOf } from '@ctrip/domain/rates/rate-book'
import fc from 'fast-check'
import type { ListBody } from './support/api-client'
import { CHAINS_YAML } from './support/fixtures'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

interface Rate {
  readonly asset: { readonly symbol: string }
  readonly currency: string
  readonly rate: string | null
  readonly available: boolean
  readonly reason: string | null
}

interface Refusal {
  readonly code: string
  readonly detail: string
  readonly param?: string
}

let api: TestApi
let merchant: MerchantClient

beforeEach(async () => {
  api = await startTestApi()
  merchant = await api.newMerchant()
}, 60_000)
afterEach(() => api?.close())

/** As the scanner would have read it: dollars with 8 decimals. */
async function say(pair: string, answer: bigint, refusal: RoundRefusal | null = null): Promise<void> {
  const parsed = parseChains(CHAINS_YAML, {})
  const feeds = parsed.ok ? feedsOf(rateBookOf(parsed.chains)) : []
  const feed = feeds.find((one) => one.pair === pair)
  if (feed === undefined) throw new Error(`no feed of ${pair}`)
  const round = { roundId: 7n, answer, decimals: 8, updatedAt: new Date() }
  const block = { number: 1, hash: hashFromBytes(randomBytes(32)), time: new Date() }
  await transaction(api.db, 'test.rates', (tx) =>
    recordReading(tx, { feed, round, refusal, isNew: true }, block, { agreedBy: 1, asked: 1 }),
  )
}

const ask = (terms: object) => merchant.post<PaymentView & Refusal>('/api/v1/payments', { chain: 'anvil', ...terms })

it('GET /rates lists every priced asset in every currency, with the reason where there is no rate', async () => {
  await say('ETH/USD', 3000n * 10n ** 8n)
  await say('EUR/USD', 120_000_000n)
  await say('JPY/USD', 640_000n, 'jump')
  const { body } = await merchant.get<ListBody<Rate>>('/api/v1/rates')
  expect(body).toMatchObject({ object: 'list', has_more: false })
  expect(body.data.map(({ asset, currency, rate, reason }) => [asset.symbol, currency, rate ?? reason])).toEqual([
    ['ETH', 'EUR', '2500'],
    ['ETH', 'JPY', 'jump'],
    ['ETH', 'USD', '3000'],
    ['USDC', 'EUR', '0.833333333333333334'],
    ['USDC', 'JPY', 'jump'],
    ['USDC', 'USD', '1'],
  ])
  expect(body.data[0]).toMatchObject({
    chain: 'anvil',
    available: true,
    round_id: '7',
    updated_at: expect.stringMatching(/Z$/) as string,
    source: expect.stringMatching(/^eip155:31337:0x\S+ \/ eip155:31337:0x\S+$/) as string,
  })
})

describe('a payment by price', () => {
  it('asks for the amount that the price comes to, and shows price, rate and source', async () => {
    await say('ETH/USD', 3000n * 10n ** 8n)
    const { status, body } = await ask({ asset: 'ETH', price: { amount: '1999', currency: 'USD' } })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      amount: '6663340000000000',
      amount_display: '0.00666334',
      quote: { currency: 'USD', amount: '1999', amount_display: '19.99', rate: '3000', expires_at: body.expires_at },
      checkout_session: null,
    })
    const read = await merchant.get<PaymentView>(`/api/v1/payments/${body.id}`)
    expect(read.body.quote).toEqual(body.quote)
  })

  it('has a quote with the fields of the contract, which holds until the payment expires, also when that is moved later', async () => {
    const { body } = await ask({ asset: 'USDC', price: { amount: '1999', currency: 'USD' } })
    const quote = {
      ...{ currency: 'USD', amount: '1999', amount_display: '19.99', rate: '1', source: 'fixed' },
      ...{ quoted_at: body.created_at, expires_at: body.expires_at },
    }
    expect(body.quote).toEqual(quote)
    const expires_at = new Date(Date.parse(body.expires_at) + 3_600_000).toISOString()
    const moved = await merchant.patch<PaymentView>(`/api/v1/payments/${body.id}`, { expires_at })
    expect(moved.body).toMatchObject({ amount: '19990000', expires_at, quote: { ...quote, expires_at } })
  })

  it('is exact in a currency without minor units', async () => {
    await say('JPY/USD', 640_000n)
    const { body } = await ask({ asset: 'USDC', price: { amount: '100', currency: 'JPY' } })
    expect(body.amount).toBe('640000')
  })

  it('has no quote where the merchant gave the amount', async () => {
    expect((await ask({ asset: 'USDC', amount: '5' })).body.quote).toBeNull()
  })

  it.each<[string, object, number, string]>([
    [
      'amount and price',
      { asset: 'USDC', amount: '5', price: { amount: '5', currency: 'USD' } },
      422,
      'validation_failed',
    ],
    ['neither', { asset: 'USDC' }, 422, 'validation_failed'],
    ['a price of nothing', { asset: 'USDC', price: { amount: '0', currency: 'USD' } }, 422, 'validation_failed'],
    ['a price with a point', { asset: 'USDC', price: { amount: '1.5', currency: 'USD' } }, 422, 'validation_failed'],
    ['a price as a number', { asset: 'USDC', price: { amount: 5, currency: 'USD' } }, 422, 'validation_failed'],
    ['no currency of ISO 4217', { asset: 'USDC', price: { amount: '5', currency: 'XXX' } }, 422, 'validation_failed'],
    [
      'a currency that is not configured',
      { asset: 'USDC', price: { amount: '5', currency: 'CHF' } },
      422,
      'unknown_currency',
    ],
    ['an asset without a price', { asset: 'WHOLE', price: { amount: '5', currency: 'USD' } }, 422, 'asset_not_priced'],
    ['a rate that was never read', { asset: 'ETH', price: { amount: '5', currency: 'USD' } }, 409, 'rate_unavailable'],
  ])('with %s is refused', async (_what, terms, status, code) => {
    expect(await ask(terms)).toMatchObject({ status, body: { code } })
  })

  it('is refused while the rate is not to be used, and the refusal says why', async () => {
    await say('ETH/USD', 3000n * 10n ** 8n, 'jump')
    const { status, body } = await ask({ asset: 'ETH', price: { amount: '5', currency: 'USD' } })
    expect([status, body.code]).toEqual([409, 'rate_unavailable'])
    expect(body.detail).toContain('no second round confirms it yet')
  })

  it('is the same payment when its request is repeated, though the rate has changed', async () => {
    await say('ETH/USD', 3000n * 10n ** 8n)
    const terms = { chain: 'anvil', asset: 'ETH', price: { amount: '1999', currency: 'USD' } }
    const headers = { 'idempotency-key': 'order-7' }
    const first = await merchant.post<PaymentView>('/api/v1/payments', terms, headers)
    await say('ETH/USD', 3100n * 10n ** 8n)
    const second = await merchant.post<PaymentView>('/api/v1/payments', terms, headers)
    expect(second.body).toEqual(first.body)
  })
})

describe('the amount of any price', () => {
  const RUNS = 200
  const pairs = fc.constantFrom<[string, number, string, number]>(
    ['ETH', 18, 'USD', 2],
    ['ETH', 18, 'EUR', 2],
    ['ETH', 18, 'JPY', 0],
    ['USDC', 6, 'EUR', 2],
    ['USDC', 6, 'JPY', 0],
  )
  const answer = (max: bigint) => fc.bigInt({ min: 1n, max })
  const world = fc.record({
    pair: pairs,
    price: fc.bigInt({ min: 1n, max: 10n ** 12n }),
    ether: answer(10n ** 14n),
    currency: answer(10n ** 10n),
  })

  it('is worth the price at its rate, and exceeds it by less than one step of 8 decimals', async () => {
    await fc.assert(
      fc.asyncProperty(
        world,
        async ({ pair: [asset, decimals, currency, digits], price, ether, currency: dollars }) => {
          await say('ETH/USD', ether)
          if (currency !== 'USD') await say(`${currency}/USD`, dollars)
          const { body } = await ask({ asset, price: { amount: price.toString(), currency } })
          // Minor units of the currency for `amount` are amount × numerator / denominator.
          const numerator =
            (asset === 'ETH' ? ether : 10n ** 8n) * (currency === 'USD' ? 1n : 10n ** 8n) * 10n ** BigInt(digits)
          const denominator = 10n ** 8n * (currency === 'USD' ? 1n : dollars) * 10n ** BigInt(decimals)
          const step = 10n ** BigInt(Math.max(0, decimals - 8))
          const amount = BigInt(body.amount)
          expect(amount * numerator >= price * denominator).toBe(true)
          expect((amount - step) * numerator < price * denominator).toBe(true)
          expect(amount % step).toBe(0n)
          // Also at the rate that is shown, which has 18 digits at most.
          const [whole = '', fraction = ''] = (body.quote?.rate ?? '').split('.')
          const shown = BigInt(whole + fraction.padEnd(18, '0'))
          expect(amount * shown * 10n ** BigInt(digits) >= price * 10n ** BigInt(decimals + 18)).toBe(true)
        },
      ),
      { numRuns: RUNS },
    )
  }, 120_000)
})
