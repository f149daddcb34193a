import { parseAddress } from '@ctrip/domain/address'
import { rateOf } from '@ctrip/domain/rates'
import type { Feed } from '@ctrip/domain/rates/rate-book'
import { judgeFeed } from '../../src/checks/judge-feed'
import type { RawRound } from '../../src/rates/read-feeds'

const NOW = new Date('2026-01-01T00:00:00Z')
const SECONDS = BigInt(NOW.getTime() / 1000)
const ADDRESS = parseAddress('0x5FbDB2315678afecb367f032d93F642f64180aa3')

const PRICE: Feed = {
  ...{ chainId: 1, pair: 'ETH/USD', address: ADDRESS, role: 'price', maxAgeSeconds: 3600, maxJumpBps: 2000 },
}
const SEQUENCER: Feed = { ...PRICE, pair: 'sequencer', role: 'sequencer' }
const ROUND: RawRound = {
  ...{ decimals: 8n, roundId: 7n, answer: 300_000_000_000n, startedAt: SECONDS - 60n, updatedAt: SECONDS - 60n },
}

function judge(round: Partial<RawRound> | null, description: string | null = 'ETH / USD', feed: Feed = PRICE) {
  const agreed = { answer: round === null ? null : { ...ROUND, ...round }, by: 1 }
  return judgeFeed({ feed, peg: null }, { read: { agreed, asked: 1 }, blockTime: NOW, description }, NOW)
}

describe('a price feed of chains.yaml', () => {
  it('is right where it gives a young price of the pair', () => {
    expect(judge({})).toEqual({ verdict: 'ok', detail: '3000, 8 decimals, 60 s old', remedy: '' })
  })

  it.each<[string, Partial<RawRound> | null, string]>([
    ['cannot be read', null, 'the feed cannot be read'],
    ['gives no price', { answer: 0n }, 'the feed gives no positive price: 0, 8 decimals'],
    ['gives a negative price', { answer: -5n }, 'the feed gives no positive price: -5, 8 decimals'],
    ['has too many decimals', { decimals: 77n }, 'the feed gives decimals that cannot be'],
    ['was never updated', { updatedAt: 0n }, 'the feed gives a time that cannot be'],
    ['is updated in the future', { updatedAt: SECONDS + 1n }, 'the feed gives a time that cannot be'],
    ['is too old', { updatedAt: SECONDS - 3601n }, 'its price is 3601 s old, but max_age_seconds is 3600'],
  ])('is a fault where it %s, with a remedy', (_what, round, detail) => {
    const found = judge(round)
    expect(found).toMatchObject({ verdict: 'fault', detail: expect.stringContaining(detail) as string })
    expect(found.remedy).toMatch(/correct the address|max_age_seconds/)
  })

  it('is a fault where the providers do not agree', () => {
    const facts = { read: { agreed: null, asked: 2 }, blockTime: NOW, description: null }
    expect(judgeFeed({ feed: PRICE, peg: null }, facts, NOW)).toMatchObject({ verdict: 'fault' })
  })

  it.each<[string | null, string]>([
    ['ETH / BTC', 'fault'], // another currency: amounts would be wrong by the price of Bitcoin
    ['USD / ETH', 'fault'],
    ['WETH / USD', 'warning'],
    ['Ether price', 'warning'],
    [null, 'warning'],
    ['eth/usd', 'ok'],
  ])('that calls itself %s is a %s', (description, verdict) => {
    expect(judge({}, description).verdict).toBe(verdict)
  })

  it('warns where the market is away from the fixed price', () => {
    const peg = { rate: rateOf(1n, 1n), maxDeviationBps: 200 }
    const at = (answer: bigint) => {
      const read = { agreed: { answer: { ...ROUND, answer }, by: 1 }, asked: 1 }
      return judgeFeed({ feed: PRICE, peg }, { read, blockTime: NOW, description: 'ETH / USD' }, NOW)
    }
    expect(at(98_000_000n).verdict).toBe('ok')
    expect(at(97_999_999n)).toMatchObject({
      verdict: 'warning',
      detail: expect.stringContaining('more than 2 % away from the fixed price 1') as string,
    })
  })
})

describe("the feed of a chain's sequencer", () => {
  it.each<[string, Partial<RawRound> | null, string]>([
    ['runs', { answer: 0n }, 'ok'],
    ['is down', { answer: 1n }, 'warning'],
    ['is a price feed', {}, 'fault'],
    ['was never started', { answer: 0n, startedAt: 0n }, 'fault'],
    ['cannot be read', null, 'fault'],
  ])('where it %s', (_what, round, verdict) => {
    expect(judge(round, 'L2 Sequencer Uptime Status Feed', SEQUENCER).verdict).toBe(verdict)
  })
})
