import { type Gateway, startGateway } from './support/gateway'
import { completeTrace, orphansOf } from './support/trace'

const SERVICES = ['ctrip-api', 'ctrip-scanner', 'ctrip-sweeper', 'ctrip-webhook-dispatcher']
const TOLD = ['payment.created', 'payment.detected', 'payment.confirmed', 'payment.settled']

describe('a payment, from creation to settlement', () => {
  let gateway: Gateway

  beforeAll(async () => {
    gateway = await startGateway()
  }, 120_000)

  afterAll(() => gateway.stop(), 60_000)

  it('settles native coin: the treasury has all but the fee, and the deposit address is empty', async () => {
    const before = await gateway.treasuryBalance('ETH')
    const { id, address, amount } = await gateway.pay('ETH', 50_000_000_000_000_000n)
    await gateway.untilStatus(id, 'settled')
    const gained = (await gateway.treasuryBalance('ETH')) - before
    const fee = BigInt(amount) - gained
    expect(await gateway.provider.getBalance(address)).toBe(0n)
    expect(fee > 0n && fee < 10n ** 15n).toBe(true)
  }, 120_000)

  it('settles a token: exactly the amount is in the treasury', async () => {
    const before = await gateway.treasuryBalance('USDC')
    const { id } = await gateway.pay('USDC', 1_500_000n)
    await gateway.untilStatus(id, 'settled')
    expect((await gateway.treasuryBalance('USDC')) - before).toBe(1_500_000n)
  }, 120_000)

  it('does not count its own gas top-up as money of the payment', async () => {
    const { id } = await gateway.pay('USDC', 2_000_000n)
    const { amount_received, flags } = await gateway.untilStatus(id, 'settled')
    expect({ amount_received, flags }).toEqual({ amount_received: '2000000', flags: [] })
    expect(gateway.webhooksOf(id).filter(({ type }) => type.startsWith('transfer.'))).toEqual([])
  }, 120_000)

  it('sends the merchant a signed webhook for each stage, in sequence', async () => {
    const { id } = await gateway.pay('ETH', 10n ** 16n)
    await gateway.untilWebhook(id, 'payment.settled', 90_000)
    const webhooks = gateway.webhooksOf(id)
    expect(webhooks.every(({ verified }) => verified)).toBe(true)
    const told = webhooks.map(({ body }) => body as { type: string; sequence: number })
    const inOrder = told.toSorted((a, b) => a.sequence - b.sequence)
    expect(inOrder.map(({ type }) => type)).toEqual(TOLD)
    expect(inOrder.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4])
  }, 120_000)

  it('is one trace across all services, without an orphan', async () => {
    const { id, trace_id } = await gateway.pay('USDC', 3_000_000n)
    await gateway.untilWebhook(id, 'payment.settled', 90_000)
    const spans = await completeTrace(gateway.descriptor().traces.query_url, trace_id, [...TOLD, 'payment lifecycle'])
    expect(orphansOf(spans)).toEqual([])
    expect(spans.filter(({ parent_span_id }) => !parent_span_id)).toHaveLength(1)
    expect([...new Set(spans.map(({ service }) => service))].sort()).toEqual(SERVICES)
  }, 120_000)

  it('adds up part payments', async () => {
    const { id, address } = await gateway.create('USDC', 1_000_000n)
    await gateway.send('USDC', address, 400_000n)
    await gateway.untilStatus(id, 'partially_paid')
    await gateway.send('USDC', address, 600_000n)
    const { amount_received } = await gateway.untilStatus(id, 'settled')
    expect(amount_received).toBe('1000000')
  }, 120_000)

  it('reverts when a reorg removes its block, and settles once it is paid again', async () => {
    const { id, address } = await gateway.create('ETH', 10n ** 16n)
    const block = await gateway.send('ETH', address, 10n ** 16n)
    await gateway.untilStatus(id, 'detected')
    await gateway.reorgFrom(block)
    await gateway.untilWebhook(id, 'payment.reorged')
    await gateway.untilStatus(id, 'pending')
    await gateway.send('ETH', address, 10n ** 16n)
    const { amount_received, flags } = await gateway.untilStatus(id, 'settled')
    expect({ amount_received, flags }).toEqual({ amount_received: (10n ** 16n).toString(), flags: ['reorged'] })
  }, 120_000)
})
