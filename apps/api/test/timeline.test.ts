import { idToUuid } from '@ctrip/domain/ids'
import type { PaymentView } from '@ctrip/domain/payment/view'
import { type ChainWriter, startTestChain } from './support/chain-writer'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

interface Timeline {
  readonly status: string
  readonly waiting_for: string | null
  readonly entries: {
    kind: string
    summary: string
    actor: string
    delay_ms: number | null
    block_number: number | null
    tx_hash: string | null
    trace_id: string
  }[]
}

let api: TestApi
let merchant: MerchantClient
let chain: ChainWriter

beforeAll(async () => {
  api = await startTestApi()
  merchant = await api.newMerchant()
  chain = await startTestChain(api.db)
}, 60_000)

afterAll(() => api?.close())

async function create(changes: object = {}): Promise<PaymentView> {
  const order = { chain: 'anvil', asset: 'USDC', amount: '1500000', ...changes }
  return (await merchant.post<PaymentView>('/api/v1/payments', order)).body
}

async function timelineOf(payment: PaymentView): Promise<Timeline> {
  const { status, body } = await merchant.get<Timeline>(`/api/v1/payments/${payment.id}/timeline`)
  expect(status).toBe(200)
  return body
}

it('tells what happened, in order, and what is missing', async () => {
  const payment = await create()
  expect((await timelineOf(payment)).waiting_for).toMatch(
    /^payment of 1\.5 USDC until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
  )
  await chain.pay(payment, '500000')
  expect((await timelineOf(payment)).waiting_for).toMatch(/^the remaining 1 USDC of 1\.5 USDC until /)
  const txHash = await chain.pay(payment, '1000000')
  const timeline = await timelineOf(payment)
  expect(timeline.waiting_for).toBe('1 of 3 confirmations')
  expect(timeline.entries.map(({ kind, summary }) => [kind, summary])).toEqual([
    ['transition', 'created as pending'],
    ['transfer', 'received 0.5 USDC on anvil (included)'],
    ['transition', 'pending → partially_paid'],
    ['transfer', 'received 1 USDC on anvil (included)'],
    ['transition', 'partially_paid → detected'],
  ])
  expect(timeline.entries[0]).toMatchObject({ actor: expect.stringMatching(/^key_/) as string, delay_ms: null })
  expect(timeline.entries[3]).toMatchObject({ actor: 'scanner', tx_hash: txHash, trace_id: payment.trace_id })
  await chain.mine()
  expect((await timelineOf(payment)).waiting_for).toBe('2 of 3 confirmations')
})

it('shows webhooks that were tried, and when the next is', async () => {
  const payment = await create()
  await merchant.post('/api/v1/webhook-endpoints', { url: 'https://shop.example/hook', events: ['*'] })
  await failedDeliveryOf(payment)
  await merchant.post(`/api/v1/payments/${payment.id}/cancel`)
  await chain.mine(new Date(Date.now() + 1_000))
  const { entries, waiting_for } = await timelineOf(payment)
  expect(entries.map(({ summary }) => summary)).toEqual(
    expect.arrayContaining(['the merchant asked to cancel', 'pending → canceled']),
  )
  expect(waiting_for).toBe('webhook payment.created: attempt 2 at 2030-01-01 12:05:00 UTC')
  expect(entries.filter(({ kind }) => kind === 'webhook')).toMatchObject([
    {
      summary: expect.stringMatching(/^payment\.created to we_\w+, attempt 1: failed \(500\)$/) as string,
      actor: 'webhook-dispatcher',
    },
  ])
})

it('says so when the chain is halted', async () => {
  const payment = await create()
  await chain.halt('a reorg below finality')
  expect((await timelineOf(payment)).waiting_for).toBe('an operator to resume anvil: a reorg below finality')
})

/** As the dispatcher leaves it after a first attempt. */
async function failedDeliveryOf(payment: PaymentView): Promise<void> {
  await api.db.prisma.$executeRaw`
    WITH told AS (
      SELECT events.id AS event_id, endpoint.id AS endpoint_id, endpoint.merchant_id, new_uuidv7() AS id
      FROM events, webhook_endpoints endpoint WHERE payment_id = ${idToUuid(payment.id)}::uuid
    ), delivery AS (
      INSERT INTO deliveries (event_id, endpoint_id, trigger, id, merchant_id, event_type, status, attempts)
      SELECT event_id, endpoint_id, 'event', id, merchant_id, 'payment.created', 'pending', 1 FROM told
    ), attempt AS (
      INSERT INTO delivery_attempts (event_id, delivery_id, n, at, status_code, duration_ms, error)
      SELECT event_id, id, 1, now(), 500, 12, 'bad_status' FROM told
    )
    INSERT INTO delivery_queue (delivery_id, event_id, endpoint_id, merchant_id, due_at, attempts)
    SELECT id, event_id, endpoint_id, merchant_id, '2030-01-01T12:05:00Z', 1 FROM told`
}
