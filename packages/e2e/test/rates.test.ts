import { waitUntil } from '@ctrip/local-stack/wait-until'
import { type Gateway, startGateway } from './support/gateway'
import { killService } from './support/outage'

const DOLLARS = 10n ** 8n
/** Two readings of the feeds, and the start of a killed scanner. */
const READ_TIMEOUT_MS = 40_000

interface Rate {
  readonly asset: { readonly symbol: string }
  readonly currency: string
  readonly rate: string | null
  readonly reason: string | null
}

describe('prices in dollars and euros', () => {
  let gateway: Gateway

  beforeAll(async () => {
    gateway = await startGateway()
  }, 120_000)

  afterAll(() => gateway?.stop(), 60_000)

  /** `ETH/USD` and so on: the rate, or the reason why there is none. */
  async function readRates(): Promise<Record<string, string | null>> {
    const response = await gateway.api.request('GET', '/rates')
    const { data } = (await response.json()) as { data: Rate[] }
    return Object.fromEntries(
      data.map(({ asset, currency, rate, reason }) => [`${asset.symbol}/${currency}`, rate ?? reason]),
    )
  }

  async function untilRates(expected: Record<string, string>): Promise<void> {
    await waitUntil(`rates ${JSON.stringify(expected)}`, READ_TIMEOUT_MS, async () => {
      const rates = await readRates()
      return Object.entries(expected).every(([pair, rate]) => rates[pair] === rate)
    })
  }

  async function refusalOf(terms: object): Promise<unknown> {
    const response = await gateway.api.request('POST', '/payments', { chain: gateway.chain.name, ...terms })
    const { code } = (await response.json()) as { code?: string }
    return { status: response.status, code }
  }

  it('come from the feeds that stack.json names, and a payment by price settles at its quote', async () => {
    expect(gateway.chain.feeds).toEqual(
      ['ETH', 'EUR'].map((asset) => ({
        ...{ asset, currency: 'USD', decimals: 8, contract: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/) as string },
      })),
    )
    await untilRates({ 'ETH/USD': '3000', 'USDC/USD': '1' })
    const price = { amount: '1100', currency: 'EUR' }
    const payment = await gateway.api.createPayment({ chain: gateway.chain.name, asset: 'USDC', price })
    expect(payment).toMatchObject({ amount: '12100000', quote: { ...price, amount_display: '11.00' } })
    await gateway.send('USDC', payment.address, 12_100_000n)
    await gateway.untilStatus(payment.id, 'settled')
  }, 120_000)

  it('follow the feeds, use no jump that no second round confirms and no price of zero, and survive a killed scanner', async () => {
    await gateway.setAnswer('ETH', 6000n * DOLLARS)
    await gateway.setAnswer('EUR', 0n)
    await untilRates({ 'ETH/USD': 'jump', 'USDC/EUR': 'not_positive', 'USDC/USD': '1' })
    const refused = { status: 409, code: 'rate_unavailable' }
    expect(await refusalOf({ asset: 'ETH', price: { amount: '1999', currency: 'USD' } })).toEqual(refused)
    expect(await refusalOf({ asset: 'USDC', price: { amount: '1999', currency: 'EUR' } })).toEqual(refused)
    await killService(gateway, 'scanner')
    await gateway.setAnswer('ETH', 6100n * DOLLARS)
    await gateway.setAnswer('EUR', 122_000_000n)
    await untilRates({ 'ETH/USD': '6100', 'ETH/EUR': '5000', 'USDC/USD': '1' })
  }, 120_000)
})
