import { idToUuid, newId } from '@ctrip/domain/ids'
import type { PaymentView } from '@ctrip/domain/payment/view'
import { endpoints } from '../src/routes/endpoints'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

const ORDER = { chain: 'anvil', asset: 'USDC', amount: '1500000' }

const PRICE = { amount: '1999', currency: 'USD' }

/** A body that is valid, where one is needed to get past validation. */
const BODIES: Readonly<Record<string, object>> = {
  acceptPayment: { amount: '1' },
  createCheckoutSessionPayment: { chain: 'anvil', asset: 'USDC' },
  updateWebhookEndpoint: { enabled: false },
  replayWebhooks: { since: '2026-01-01T00:00:00Z', only: 'all' },
}

let api: TestApi
let owner: MerchantClient
let stranger: MerchantClient
let ids: Readonly<Record<string, string>>

beforeAll(async () => {
  api = await startTestApi()
  owner = await api.newMerchant()
  stranger = await api.newMerchant()
  ids = await ownOneOfEach()
}, 60_000)

afterAll(() => api?.close())

const merchantRoutes = endpoints.filter(({ spec }) => spec.access === 'merchant')
const routesWithId = merchantRoutes.filter(({ spec }) => spec.path.includes(':id'))
const lists = merchantRoutes.filter(({ spec }) => spec.method === 'get' && !spec.path.includes(':id'))

describe('what is another’s answers 404, and stays as it was', () => {
  it.each(routesWithId.map(({ spec }) => [spec.operation, spec.method, spec.path]))(
    '%s',
    async (operation, method, path) => {
      const before = await everything()
      const id = ids[path.split('/')[3] ?? ''] ?? ''
      const theirs = path.replace(':id', id)
      const body = method === 'get' || method === 'delete' ? null : JSON.stringify(BODIES[operation] ?? {})
      const headers: Record<string, string> = body === null ? {} : { 'content-type': 'application/json' }
      const answer = await stranger.raw(method.toUpperCase(), theirs, body, headers)
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
      const nobodys = await stranger.raw(method.toUpperCase(), path.replace(':id', sameKind(id)), body, headers)
      // Nothing tells what is another's from what does not exist.
      expect({ ...nobodys.body, request_id: '', trace_id: '' }).toEqual({
        ...answer.body,
        request_id: '',
        trace_id: '',
      })
      expect(await everything()).toEqual(before)
    },
  )
})

/** Chains and rates are the same for everybody. */
const SHARED = ['listChains', 'listRates']

it.each(lists.filter(({ spec }) => !SHARED.includes(spec.operation)).map(({ spec }) => [spec.operation, spec.path]))(
  '%s shows nothing of another’s',
  async (_operation, path) => {
    const list = async (merchant: MerchantClient) => (await merchant.get<{ data: unknown[] }>(path)).body.data
    expect(await list(stranger)).toEqual([])
    expect((await list(owner)).length).toBeGreaterThan(0)
  },
)

it('reads no events on from another’s', async () => {
  expect((await stranger.get(`/api/v1/events?after=${ids['events']}`)).status).toBe(404)
})

it('reaches the owner’s own with the same calls', async () => {
  for (const { spec } of routesWithId.filter(({ spec: { method } }) => method === 'get')) {
    const id = ids[spec.path.split('/')[3] ?? ''] ?? ''
    expect((await owner.get(spec.path.replace(':id', id))).status).toBe(200)
  }
})

/** By the path's first word. */
async function ownOneOfEach() {
  const payment = (await owner.post<PaymentView>('/api/v1/payments', ORDER)).body
  const hook = { url: 'https://shop.example/hook', events: ['*'] }
  const endpoint = (await owner.post<{ id: string }>('/api/v1/webhook-endpoints', hook)).body
  const test = await owner.post<{ event_id: string }>(`/api/v1/webhook-endpoints/${endpoint.id}/test`)
  expect(test.status).toBe(202)
  const events = await api.eventsOf(owner)
  const deliveries = (await owner.get<{ data: { id: string }[] }>('/api/v1/deliveries')).body.data
  return {
    payments: payment.id,
    'webhook-endpoints': endpoint.id,
    events: events[0]?.id ?? '',
    deliveries: deliveries[0]?.id ?? '',
    sweeps: await writeSweep(payment),
    'checkout-sessions': (await owner.post<{ id: string }>('/api/v1/checkout-sessions', { price: PRICE })).body.id,
    'payment-links': (await owner.post<{ id: string }>('/api/v1/payment-links', { name: 'A ticket', price: PRICE }))
      .body.id,
  }
}

/** As the sweeper does. */
async function writeSweep(payment: PaymentView): Promise<string> {
  const id = newId('sweep')
  await api.db.prisma.$executeRaw`
    WITH sweep AS (
      INSERT INTO sweeps (id, chain, chain_id, asset_symbol, asset_contract, asset_decimals, treasury, strategy, status, trace_anchor)
      SELECT ${idToUuid(id)}::uuid, chain, chain_id, asset_symbol, asset_contract, asset_decimals, address, 'native', 'planned', trace_anchor
      FROM payments WHERE id = ${idToUuid(payment.id)}::uuid RETURNING id
    )
    INSERT INTO sweep_items (sweep_id, address, payment_id, merchant_id, chain_id, amount_planned)
    SELECT sweep.id, payments.address, payments.id, merchant_id, chain_id, amount FROM sweep, payments
    WHERE payments.id = ${idToUuid(payment.id)}::uuid`
  return id
}

/** The owner's rows, all of them. */
async function everything(): Promise<string> {
  const { prisma } = api.db
  const rows = await Promise.all([
    prisma.payments.findMany({ orderBy: { id: 'asc' } }),
    prisma.webhook_endpoints.findMany({ orderBy: { id: 'asc' } }),
    prisma.deliveries.findMany({ orderBy: { id: 'asc' } }),
    prisma.delivery_queue.findMany({ orderBy: { delivery_id: 'asc' } }),
    prisma.events.count(),
    prisma.checkout_sessions.findMany({ orderBy: { id: 'asc' } }),
    prisma.payment_links.findMany({ orderBy: { id: 'asc' } }),
    prisma.sweeps.findMany({ orderBy: { id: 'asc' } }),
  ])
  return JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}

/** A fresh id with the same prefix. */
function sameKind(id: string): string {
  const suffix = newId('payment').slice('pay_'.length)
  return `${id.slice(0, id.lastIndexOf('_'))}_${suffix}`
}
