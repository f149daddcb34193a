import { idToUuid } from '@ctrip/domain/ids'
import { formatRate, rateOf } from '@ctrip/domain/rates'
import type { FeedRound, RoundRefusal } from '@ctrip/domain/rates/judge-round'
import type { AssetRate, Feed, PricedAsset, RateBook } from '@ctrip/domain/rates/rate-book'
import { transaction } from '../src/database/transaction'
import { readPayments } from '../src/payments/payments'
import { readHistory, recordFailedReading, recordReading, thinOldRounds } from '../src/rates/rate-rounds'
import { currentRate, currentRates, rateAt } from '../src/rates/rates'
import { type Ledger, openLedger } from './ledger'
import { randomAddress, randomHash, seedPayment } from './seed'

let ledger: Ledger
beforeAll(async () => {
  ledger = await openLedger()
})
afterAll(() => ledger.close())

const START = new Date('2026-01-01T00:00:00Z')
const minutes = (count: number) => new Date(START.getTime() + count * 60_000)

/** A book with one asset of its own, priced by a feed that nobody else reads. */
function someBook(maxAgeSeconds = 3600): { book: RateBook; asset: PricedAsset; feed: Feed } {
  const feed: Feed = {
    chainId: 31337,
    pair: 'ETH/USD',
    address: randomAddress(),
    role: 'price',
    maxAgeSeconds,
    maxJumpBps: 2000,
  }
  const price = { kind: 'feed', currency: 'USD', feed } as const
  const asset = { chain: 'anvil', chainId: 31337, symbol: 'ETH', contract: null, decimals: 18, price, sequencer: null }
  return { book: { assets: [asset], currencies: [] }, asset, feed }
}

async function record(
  feed: Feed,
  round: Pick<FeedRound, 'answer' | 'updatedAt'> & Partial<FeedRound>,
  refusal: RoundRefusal | null = null,
): Promise<void> {
  const whole = { roundId: 2n ** 79n, decimals: 0, ...round }
  const block = { number: 9, hash: randomHash(), time: round.updatedAt }
  await transaction(ledger.db, 'test.rates', (tx) =>
    recordReading(tx, { feed, round: whole, refusal, isNew: true }, block, { agreedBy: 2, asked: 3 }),
  )
}

const shown = ({ rate, reason }: AssetRate) => (rate === null ? reason : formatRate(rate))

describe('the current rate', () => {
  it('is what the feed last said', async () => {
    const { book, asset, feed } = someBook()
    await record(feed, { answer: 3000n, updatedAt: new Date(Date.now() - 60_000) })
    await record(feed, { answer: 3100n, updatedAt: new Date() })
    expect(shown(await currentRate(ledger.db.prisma, book, asset, 'USD'))).toBe('3100')
    expect((await currentRates(ledger.db.prisma, book)).map(shown)).toEqual(['3100'])
  })

  it('is not the one before while the newest round is refused', async () => {
    const { book, asset, feed } = someBook()
    await record(feed, { answer: 3000n, updatedAt: new Date() })
    await record(feed, { answer: 9000n, updatedAt: new Date() }, 'jump')
    expect(await currentRate(ledger.db.prisma, book, asset, 'USD')).toMatchObject({ rate: null, reason: 'jump' })
  })

  it('is unread before the first reading, also where only failures are known', async () => {
    const { book, asset, feed } = someBook()
    await recordFailedReading(ledger.db.prisma, feed, 'no_agreement')
    expect(shown(await currentRate(ledger.db.prisma, book, asset, 'USD'))).toBe('unread')
  })

  it('outlasts a reading on which the providers did not agree', async () => {
    const { book, asset, feed } = someBook()
    await record(feed, { answer: 3000n, updatedAt: new Date() })
    await recordFailedReading(ledger.db.prisma, feed, 'no_agreement')
    expect(shown(await currentRate(ledger.db.prisma, book, asset, 'USD'))).toBe('3000')
  })

  it('is gone once the providers agree that the feed cannot be read', async () => {
    const { book, asset, feed } = someBook()
    await record(feed, { answer: 3000n, updatedAt: new Date() })
    const block = { number: 10, hash: randomHash(), time: new Date() }
    await transaction(ledger.db, 'test.rates', (tx) =>
      recordReading(tx, { feed, round: null, refusal: 'unreadable', isNew: true }, block, { agreedBy: 1, asked: 1 }),
    )
    expect(shown(await currentRate(ledger.db.prisma, book, asset, 'USD'))).toBe('unreadable')
  })
})

describe('the rate at a time', () => {
  const at = async (known: ReturnType<typeof someBook>, time: Date) =>
    shown(await rateAt(ledger.db.prisma, known.book, { asset: known.asset, currency: 'USD' }, time))

  it('is that of the newest round which was there', async () => {
    const known = someBook()
    await record(known.feed, { answer: 100n, updatedAt: minutes(0) })
    await record(known.feed, { answer: 110n, updatedAt: minutes(10) })
    expect(await Promise.all([0, 9, 10, 30].map((minute) => at(known, minutes(minute))))).toEqual([
      '100',
      '100',
      '110',
      '110',
    ])
  })

  it('is the first one after it, where none could be used then', async () => {
    const known = someBook()
    await record(known.feed, { answer: 100n, updatedAt: minutes(0) })
    await record(known.feed, { answer: 500n, updatedAt: minutes(10) }, 'jump')
    await record(known.feed, { answer: 510n, updatedAt: minutes(20) })
    expect(await at(known, minutes(15))).toBe('510')
    expect(await at(known, minutes(-5))).toBe('100')
  })

  it('is missing with its reason while no later round can be used', async () => {
    const known = someBook()
    await record(known.feed, { answer: 100n, updatedAt: minutes(0) })
    expect(await at(known, minutes(61))).toBe('stale')
    await record(known.feed, { answer: 110n, updatedAt: minutes(90) })
    expect(await at(known, minutes(61))).toBe('110')
  })

  it('is the round that the chain has now, where a reorg replaced one of the same time', async () => {
    const known = someBook()
    await record(known.feed, { answer: 100n, updatedAt: minutes(0) })
    await record(known.feed, { answer: 105n, updatedAt: minutes(0) })
    expect(await at(known, minutes(1))).toBe('105')
  })
})

it('the history of a feed has the newest round, the accepted one, and the one that waits for a second', async () => {
  const { feed } = someBook()
  expect(await readHistory(ledger.db.prisma, feed)).toEqual({ newest: null, accepted: null, unconfirmed: null })
  await record(feed, { answer: 100n, updatedAt: minutes(0) })
  await record(feed, { answer: 200n, updatedAt: minutes(1) }, 'jump')
  expect(await readHistory(ledger.db.prisma, feed)).toMatchObject({
    newest: { round: { answer: 200n, roundId: 2n ** 79n }, refusal: 'jump' },
    accepted: { answer: 100n },
    unconfirmed: { round: { answer: 200n }, refusal: 'jump' },
  })
})

it('a round is kept with its agreement and its block, and nobody changes it', async () => {
  const { feed } = someBook()
  await record(feed, { answer: -5n, updatedAt: minutes(0) }, 'not_positive')
  expect(await ledger.db.prisma.rate_rounds.findMany({ where: { feed: feed.address ?? '' } })).toMatchObject([
    { agreed_by: 2, asked: 3, accepted: false, reason: 'not_positive', block_number: 9n },
  ])
})

it('rounds are kept for 90 days, and then one an hour: an accepted one, and never the one that is in use', async () => {
  const { feed } = someBook()
  for (const minute of [1, 2, 3, 61]) await record(feed, { answer: BigInt(minute), updatedAt: minutes(minute) })
  await record(feed, { answer: 4n, updatedAt: minutes(4) }, 'jump')
  const mine = { where: { feed: feed.address ?? '' }, orderBy: { id: 'asc' } } as const
  expect(await thinOldRounds(ledger.db.prisma, feed.chainId, 100)).toBe(0)
  await ledger.db.prisma.rate_rounds.updateMany({ where: mine.where, data: { read_at: minutes(0) } })
  await thinOldRounds(ledger.db.prisma, feed.chainId, 100)
  const kept = await ledger.db.prisma.rate_rounds.findMany(mine)
  expect(kept.map(({ answer }) => Number(answer))).toEqual([3, 61, 4])
})

it('a payment keeps the price and the exact rate that its amount was worked out from', async () => {
  const quote = {
    currency: 'EUR',
    amount: 1999n,
    rate: rateOf(10n ** 40n + 1n, 3n ** 50n),
    source: 'fixed',
    quotedAt: minutes(0),
    expiresAt: minutes(15),
  }
  const { id } = await seedPayment(ledger.db, { quote })
  expect((await readPayments(ledger.db.prisma, [id]))[0]?.payment.quote).toEqual(quote)
  await expect(
    ledger.db.prisma.$executeRaw`UPDATE payments SET quote_source = NULL WHERE id = ${idToUuid(id)}::uuid`,
  ).rejects.toThrow('payments_quote_whole')
})
