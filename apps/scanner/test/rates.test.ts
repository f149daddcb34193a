import { parseChains } from '@ctrip/chain/chains-config'
import { rateBookOf } from '@ctrip/chain/rate-book'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { writerLease } from '@ctrip/db/leases/lease-names'
import { currentRates } from '@ctrip/db/rates/rates'
import { formatRate } from '@ctrip/domain/rates'
import { deployFeed, type TestFeedContract, testFeed } from '@ctrip/local-stack/test-feed'
import { readRates } from '../src/read-rates'
import { changing, failing } from './support/behaviours'
import { openScanning, type Scanning } from './support/scanning'

const SIGNAL = new AbortController().signal
const ETHER = 3000n * 10n ** 8n

/** A scanner with priced assets: ETH from a feed, USDC fixed at a dollar, EUR from a feed. */
interface Rates {
  readonly scanning: Scanning
  readonly feed: TestFeedContract
  readonly euro: TestFeedContract
  /** Configured only where it is asked for. */
  readonly sequencer: TestFeedContract
  read(): Promise<void>
  /** `ETH/USD` and so on with the rate, or why there is none. */
  shown(): Promise<Record<string, string | null>>
  set(answer: bigint): Promise<void>
  close(): Promise<void>
}

async function openRates(proxies: number, quorum = 1, hasSequencer = false): Promise<Rates> {
  const scanning = await openScanning({ proxies })
  const { local, ledger, deps } = scanning
  const account = { rpcUrl: local.anvil.url, privateKey: local.anvil.fundedPrivateKey, decimals: 8 }
  const feedAddress = await deployFeed({ ...account, description: 'ETH / USD', answer: ETHER })
  const euroAddress = await deployFeed({ ...account, description: 'EUR / USD', answer: 125_000_000n })
  const description = 'L2 Sequencer Uptime Status Feed'
  const sequencerAddress = await deployFeed({ ...account, description, answer: 0n })
  local.payer.reset()
  const settings = JSON.parse(local.yaml) as { chains: Record<string, unknown>[] }
  const native = { symbol: 'ETH', price: { currency: 'USD', feed: feedAddress, max_age_seconds: 3600 } }
  const tokens = [{ symbol: 'USDC', contract: local.usdcAddress, decimals: 6, price: { currency: 'USD', fixed: '1' } }]
  const currencies = [{ code: 'EUR', chain: 'anvil', feed: euroAddress, max_age_seconds: 3600 }]
  const sequencer_feed = hasSequencer ? sequencerAddress : null
  const chains = [{ ...settings.chains[0], quorum, native, tokens, sequencer_feed }]
  const parsed = parseChains(JSON.stringify({ chains, currencies }), {})
  const chain = parsed.ok ? parsed.chains[0] : undefined
  if (chain === undefined) throw new Error(parsed.ok ? 'no chain' : parsed.problems.join('\n'))
  const pool = new RpcPool(chain)
  const [feed, euro] = [testFeed(feedAddress, local.payer), testFeed(euroAddress, local.payer)]
  return {
    ...{ scanning, feed, euro, sequencer: testFeed(sequencerAddress, local.payer) },
    async read() {
      const lease = await ledger.lease(writerLease(chain.chainId))
      await readRates({ ...deps, chain }, pool, { current: () => lease }, SIGNAL)
    },
    async shown() {
      const rates = await currentRates(ledger.db.prisma, rateBookOf([chain]))
      return Object.fromEntries(
        rates.map(({ asset, currency, rate, reason }) => [
          `${asset.symbol}/${currency}`,
          rate === null ? reason : formatRate(rate),
        ]),
      )
    },
    set: async (answer) => void (await (await feed.setAnswer(answer)).wait()),
    async close() {
      await pool.close()
      await scanning.close()
    },
  }
}

let rates: Rates
afterEach(() => rates?.close())

const rounds = () =>
  rates.scanning.ledger.db.prisma.rate_rounds.findMany({ where: { pair: 'ETH/USD' }, orderBy: { id: 'asc' } })

describe('one provider', () => {
  beforeEach(async () => {
    rates = await openRates(0)
  })

  it('gives the rates of its feeds, and each round is kept once', async () => {
    expect(await rates.shown()).toEqual({
      'ETH/EUR': 'unread',
      'ETH/USD': 'unread',
      'USDC/EUR': 'unread',
      'USDC/USD': '1',
    })
    await rates.read()
    await rates.read()
    expect(await rates.shown()).toEqual({ 'ETH/EUR': '2400', 'ETH/USD': '3000', 'USDC/EUR': '0.8', 'USDC/USD': '1' })
    expect(await rounds()).toMatchObject([
      { accepted: true, agreed_by: 1, asked: 1, round_id: expect.anything() as unknown },
    ])
  })

  it('gives a jump that is not used until a second round confirms it', async () => {
    await rates.read()
    await rates.set(ETHER * 2n)
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': 'jump', 'ETH/EUR': 'jump', 'USDC/USD': '1' })
    await rates.set(ETHER * 2n)
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': '6000' })
    expect((await rounds()).map(({ reason }) => reason)).toEqual([null, 'jump', null])
  })

  it.each([0n, -1n])('gives a price of %s that is not used, and the next good one is', async (answer) => {
    await rates.read()
    await rates.set(answer)
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': 'not_positive' })
    await rates.set(ETHER)
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': '3000' })
  })

  it('gives an old round that is not used', async () => {
    await (await rates.feed.setRound(9n, ETHER, BigInt(Math.floor(Date.now() / 1000) - 3700))).wait()
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': 'stale', 'USDC/EUR': '0.8' })
  })

  it('gives a round of the future that is not used', async () => {
    await (await rates.feed.setRound(9n, ETHER, BigInt(Math.floor(Date.now() / 1000) + 36_000))).wait()
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': 'bad_time' })
  })

  it('gives a feed that reverts, which takes no other feed away, and comes back', async () => {
    await rates.read()
    await (await rates.feed.setReverts(true)).wait()
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': 'unreadable', 'USDC/EUR': '0.8' })
    await (await rates.feed.setReverts(false)).wait()
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': '3000' })
  })

  it('gives decimals that changed, and no rate by powers of ten', async () => {
    await rates.read()
    await (await rates.feed.setDecimals(6)).wait()
    for (let round = 0; round < 3; round++) {
      await rates.set(ETHER)
      await rates.read()
    }
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': 'decimals_changed' })
  })
})

describe("a rollup's sequencer", () => {
  const HOUR = 3600
  const secondsAgo = (seconds: number) => BigInt(Math.floor(Date.now() / 1000) - seconds)

  beforeEach(async () => {
    rates = await openRates(0, 1, true)
  })

  it.each<[string, bigint, number, string]>([
    ['has run for more than an hour', 0n, HOUR + 60, '3000'],
    ['came back less than an hour ago', 0n, HOUR - 60, 'sequencer_down'],
    ['is down', 1n, 2 * HOUR, 'sequencer_down'],
    ['has a status that means nothing', 2n, 2 * HOUR, 'sequencer_down'],
    ['begins its status in the future', 0n, -HOUR, 'bad_time'],
  ])(
    'that %s: only a sequencer that runs leaves the rates of feeds, and fixed ones stay',
    async (_, status, age, shown) => {
      await (await rates.sequencer.setRound(3n, status, secondsAgo(age))).wait()
      await rates.read()
      expect(await rates.shown()).toMatchObject({ 'ETH/USD': shown, 'USDC/USD': '1' })
    },
  )

  it('whose feed was never updated or reverts leaves no rate', async () => {
    await (await rates.sequencer.setRound(0n, 0n, 0n)).wait()
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': 'bad_time' })
    await (await rates.sequencer.setReverts(true)).wait()
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': 'unreadable', 'USDC/USD': '1' })
  })

  it('that goes down and comes back is followed', async () => {
    await (await rates.sequencer.setRound(3n, 0n, secondsAgo(2 * HOUR))).wait()
    await rates.read()
    await (await rates.sequencer.setAnswer(1n)).wait()
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': 'sequencer_down' })
    await (await rates.sequencer.setRound(5n, 0n, secondsAgo(HOUR + 1))).wait()
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': '3000' })
  })
})

describe('three providers, of which two must agree', () => {
  beforeEach(async () => {
    rates = await openRates(3, 2)
  })

  /** Another price in the reader's response; behind it stand the honest words. */
  const lie = changing('eth_call', (result) =>
    typeof result === 'string'
      ? result.replace(ETHER.toString(16).padStart(64, '0'), (ETHER * 9n).toString(16).padStart(64, '0'))
      : result,
  )

  it.each([0, 1, 2])('one liar (number %s) changes no rate, and is named', async (liar) => {
    rates.scanning.local.proxies[liar]?.behave(lie)
    await rates.read()
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': '3000', 'ETH/EUR': '2400' })
    expect(await rounds()).toMatchObject([{ agreed_by: 2 }])
  })

  it('two that do not respond leave the last rate, and no new one', async () => {
    await rates.read()
    await rates.set(ETHER + 1n)
    for (const proxy of rates.scanning.local.proxies.slice(1)) proxy.behave(failing('eth_call', { status: 503 }))
    await rates.read().catch(() => undefined)
    expect(await rates.shown()).toMatchObject({ 'ETH/USD': '3000' })
    expect(await rounds()).toHaveLength(1)
  })
})

it('two providers that contradict each other give no rate, also with a quorum of one', async () => {
  rates = await openRates(2)
  rates.scanning.local.proxies[1]?.behave(
    changing('eth_call', (result) =>
      typeof result === 'string' ? result.replace(ETHER.toString(16).padStart(64, '0'), '1'.padStart(64, '0')) : result,
    ),
  )
  await rates.read()
  expect(await rates.shown()).toMatchObject({ 'ETH/USD': 'unread', 'USDC/EUR': '0.8' })
  expect(await rounds()).toEqual([])
})

it('a node that runs no call without a recipient is asked feed by feed', async () => {
  rates = await openRates(1)
  rates.scanning.local.proxies[0]?.behave((request, ask) => {
    const [call] = request.params
    const isReader = request.method === 'eth_call' && typeof call === 'object' && call !== null && !('to' in call)
    return isReader ? { error: { code: -32602, message: 'invalid params: to is missing' } } : ask(request)
  })
  await rates.read()
  expect(await rates.shown()).toMatchObject({ 'ETH/USD': '3000' })
})

it('a scanner that starts again continues with the rounds that were kept', async () => {
  rates = await openRates(0)
  await rates.read()
  await rates.set(ETHER * 2n)
  await rates.read()
  const { ledger } = rates.scanning
  await ledger.lease(writerLease(31_337)) // another holder of the lease, with nothing in memory
  await rates.read()
  expect(await rates.shown()).toMatchObject({ 'ETH/USD': 'jump' })
})
