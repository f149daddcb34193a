import { wipeNats } from '@ctrip/local-stack/outages'
import { SERVICES } from '@ctrip/local-stack/ports'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import type { Payment } from './support/api'
import { type Gateway, startGateway } from './support/gateway'
import { keepDown, killService } from './support/outage'

const PAYMENTS = 6
const COIN = { asset: 'ETH', amount: 10n ** 16n } as const
const TOKEN = { asset: 'USDC', amount: 1_000_000n } as const
const TOLD = ['payment.created', 'payment.detected', 'payment.confirmed', 'payment.settled']

describe('a payment survives', () => {
  let gateway: Gateway

  beforeAll(async () => {
    gateway = await startGateway()
  }, 120_000)

  afterAll(() => gateway.stop(), 60_000)

  it.each(SERVICES)(
    'kill -9 of the %s while payments are under way',
    async (service) => {
      const ids = await payWhile(async () => killService(gateway, service))
      await expectAllSettledOnce(ids)
    },
    180_000,
  )

  it('Postgres being down for ten seconds', async () => {
    const ids = await payWhile(async () => keepDown(gateway, 'postgres', 10_000))
    await expectAllSettledOnce(ids)
  }, 240_000)

  it('NATS being down for ten seconds', async () => {
    const ids = await payWhile(async () => keepDown(gateway, 'nats', 10_000))
    await expectAllSettledOnce(ids)
  }, 240_000)

  it('NATS losing all of its data', async () => {
    const ids = await payWhile(async () => wipeNats(gateway.descriptor, gateway.dataFolder))
    await expectAllSettledOnce(ids)
  }, 240_000)

  /** Creates payments in both assets, and pays half of them before the fault and half during it. */
  async function payWhile(fault: () => Promise<void>): Promise<string[]> {
    const orders = Array.from({ length: PAYMENTS }, (_, n) => (n % 2 === 0 ? COIN : TOKEN))
    const payments: { asset: 'ETH' | 'USDC'; amount: bigint; id: string; address: string }[] = []
    for (const order of orders) payments.push({ ...order, ...pick(await gateway.create(order.asset, order.amount)) })
    const pay = async (some: typeof payments): Promise<void> => {
      for (const { asset, address, amount } of some) await gateway.send(asset, address, amount)
    }
    await pay(payments.slice(0, PAYMENTS / 2))
    await Promise.all([fault(), pay(payments.slice(PAYMENTS / 2))])
    return payments.map(({ id }) => id)
  }

  async function expectAllSettledOnce(ids: readonly string[]): Promise<void> {
    for (const id of ids) await gateway.untilStatus(id, 'settled', 120_000)
    // Committed events are published and delivered as soon as NATS is back.
    for (const id of ids) await Promise.all(TOLD.map((type) => gateway.untilWebhook(id, type, 60_000)))
    for (const id of ids) {
      // An event is listed once its publication is acknowledged, which may be after its webhook has come.
      await waitUntil(`the events of ${id}`, 60_000, async () => (await eventsOf(id)).length >= TOLD.length)
      expect(await eventsOf(id)).toEqual(TOLD)
      const delivered = new Set(gateway.webhooksOf(id).map(({ type }) => type))
      expect([...delivered].sort()).toEqual([...TOLD].sort())
      const collected = (await gateway.sweepsOf(id)).filter(({ status }) => status === 'confirmed')
      expect(collected).toHaveLength(1)
    }
  }

  async function eventsOf(id: string): Promise<string[]> {
    const events = await gateway.api.events()
    return events.flatMap(({ type, data }) => (type.startsWith('payment.') && data.payment?.id === id ? [type] : []))
  }
})

function pick({ id, address }: Payment): Pick<Payment, 'id' | 'address'> {
  return { id, address }
}
