import type { PaymentView } from '@ctrip/domain/payment/view'
import type { ListBody } from './support/api-client'
import { type ChainWriter, startTestChain } from './support/chain-writer'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

const ORDER = { chain: 'anvil', asset: 'USDC', amount: '1500000' }

interface Event {
  readonly id: string
  readonly type: string
  readonly sequence: number
  readonly trace_id: string
  readonly data: { readonly payment: PaymentView }
}

let api: TestApi
let merchant: MerchantClient
let chain: ChainWriter

beforeAll(async () => {
  api = await startTestApi()
  chain = await startTestChain(api.db)
}, 60_000)
beforeEach(async () => {
  merchant = await api.newMerchant()
})
afterAll(() => api?.close())

/** Asks to cancel it, and lets the chain pass that moment. */
async function cancel(payment: PaymentView): Promise<void> {
  await merchant.post(`/api/v1/payments/${payment.id}/cancel`)
  await chain.mine(new Date(Date.now() + 1_000))
}

async function list(query = ''): Promise<ListBody<Event>> {
  return (await merchant.get<ListBody<Event>>(`/api/v1/events${query}`)).body
}

it('lists what was published, oldest first, as it was told', async () => {
  const payment = (await merchant.post<PaymentView>('/api/v1/payments', ORDER)).body
  await cancel(payment)
  await api.eventsOf(merchant, 2)
  const { data, has_more } = await list()
  expect(has_more).toBe(false)
  expect(data.map(({ type, sequence }) => [type, sequence])).toEqual([
    ['payment.created', 1],
    ['payment.canceled', 2],
  ])
  expect(data[0]).toMatchObject({ trace_id: payment.trace_id, data: { payment } })
  expect((await merchant.get<Event>(`/api/v1/events/${data[0]?.id}`)).body).toEqual(data[0])
})

it('is narrowed to types, also by their beginning', async () => {
  const payment = (await merchant.post<PaymentView>('/api/v1/payments', ORDER)).body
  await cancel(payment)
  await api.eventsOf(merchant, 2)
  const types = async (query: string) => (await list(`?types=${query}`)).data.map(({ type }) => type)
  expect(await types('payment.canceled')).toEqual(['payment.canceled'])
  expect(await types('payment.*')).toEqual(['payment.created', 'payment.canceled'])
  expect(await types('*')).toEqual(['payment.created', 'payment.canceled'])
  expect(await types('sweep.*,transfer.unmatched')).toEqual([])
  expect((await merchant.get('/api/v1/events?types=%25')).status).toBe(422)
})

it('skips none to a reader that keeps reading on while events are written', async () => {
  const writers = Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let n = 0; n < 10; n++) await merchant.post('/api/v1/payments', ORDER)
    }),
  )
  const seen: string[] = []
  const deadline = Date.now() + 20_000
  while (seen.length < 80 && Date.now() < deadline) {
    const after = seen.length === 0 ? '' : `&after=${seen.at(-1)}`
    seen.push(...(await list(`?limit=7${after}`)).data.map(({ id }) => id))
  }
  await writers
  const written = await api.eventsOf(merchant, 80)
  expect(seen).toEqual(written.map(({ id }) => id))
})

it('shows nothing that is not published yet', async () => {
  await merchant.post('/api/v1/payments', ORDER)
  const [event] = await api.eventsOf(merchant, 1)
  await api.db.prisma.$executeRaw`UPDATE events SET position = NULL WHERE type = 'payment.created'`
  expect((await list()).data).toEqual([])
  expect((await merchant.get(`/api/v1/events/${event?.id}`)).status).toBe(404)
})

it('knows the test of an endpoint, and sends it again to that endpoint alone', async () => {
  const endpoint = async (events: string[]) => {
    const hook = { url: 'https://shop.example/hook', events }
    return (await merchant.post<{ id: string }>('/api/v1/webhook-endpoints', hook)).body.id
  }
  await endpoint(['*'])
  const tested = await endpoint(['payment.settled'])
  const { event_id } = (await merchant.post<{ event_id: string }>(`/api/v1/webhook-endpoints/${tested}/test`)).body
  const event = (await merchant.get<Event>(`/api/v1/events/${event_id}`)).body
  expect(event).toMatchObject({ id: event_id, type: 'endpoint.test', data: { endpoint_id: tested } })
  expect((await list()).data).toEqual([])
  expect((await (await api.newMerchant()).get(`/api/v1/events/${event_id}`)).status).toBe(404)
  const resent = await merchant.post<{ deliveries: number }>(`/api/v1/events/${event_id}/resend`)
  expect([resent.status, resent.body.deliveries]).toEqual([202, 1])
  const deliveries = await merchant.get<ListBody<{ endpoint_id: string }>>(`/api/v1/deliveries?event=${event_id}`)
  expect(deliveries.body.data.map(({ endpoint_id }) => endpoint_id)).toEqual([tested, tested])
})
