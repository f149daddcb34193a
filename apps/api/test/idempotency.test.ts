import { idToUuid } from '@ctrip/domain/ids'
import type { PaymentView } from '@ctrip/domain/payment/view'
import { registry } from '@ctrip/telemetry/metrics'
import type { MerchantClient } from './support/new-merchant'
import { type Replica, startTestApi, type TestApi } from './support/test-api'

const ORDER = { chain: 'anvil', asset: 'USDC', amount: '1500000' }
const PAYMENTS = '/api/v1/payments'

let api: TestApi
let replica: Replica
let merchant: MerchantClient

beforeAll(async () => {
  api = await startTestApi()
  replica = await api.startReplica()
  merchant = await api.newMerchant()
}, 60_000)

afterAll(async () => {
  await replica?.stop()
  await api?.close()
})

async function paymentsOf({ id }: MerchantClient): Promise<number> {
  return api.db.prisma.payments.count({ where: { merchant_id: idToUuid(id) } })
}

it('answers the same request with the same bytes, and does nothing', async () => {
  const key = { 'idempotency-key': 'once' }
  const first = await merchant.post<PaymentView>(PAYMENTS, ORDER, key)
  const again = await merchant.post<PaymentView>(PAYMENTS, { amount: ORDER.amount, asset: 'USDC', chain: 'anvil' }, key)
  expect([first.status, again.status]).toEqual([201, 201])
  expect(again.text).toBe(first.text)
  expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true'])
  expect(await paymentsOf(merchant)).toBe(1)
})

it('counts what was made, and what was only asked for again', async () => {
  const count = async (outcome: string) => {
    const { values } = (await registry.getSingleMetric('ctrip_payments_created_total')?.get()) ?? { values: [] }
    return values.find(({ labels }) => labels['outcome'] === outcome && labels['asset'] === 'WHOLE')?.value ?? 0
  }
  const key = { 'idempotency-key': 'counted' }
  for (let n = 0; n < 3; n++) await merchant.post(PAYMENTS, { ...ORDER, asset: 'WHOLE' }, key)
  expect([await count('created'), await count('repeated'), await count('failed')]).toEqual([1, 2, 0])
})

it('refuses another request under the same key', async () => {
  const key = { 'idempotency-key': 'reused' }
  await merchant.post(PAYMENTS, ORDER, key)
  const { status, body } = await merchant.post(PAYMENTS, { ...ORDER, amount: '2' }, key)
  expect([status, body.code]).toEqual([422, 'idempotency_key_reused'])
})

it('makes one payment of a hundred requests at once', async () => {
  const shop = await api.newMerchant()
  const key = { 'idempotency-key': 'storm' }
  const answers = await Promise.all(Array.from({ length: 100 }, () => shop.post<PaymentView>(PAYMENTS, ORDER, key)))
  const made = answers.filter(({ status }) => status === 201)
  const busy = answers.filter(({ status }) => status === 409)
  expect(made.length + busy.length).toBe(100)
  expect(new Set(made.map(({ text }) => text)).size).toBe(1)
  expect(busy.every(({ headers }) => headers.get('retry-after') === '1')).toBe(true)
  expect(await paymentsOf(shop)).toBe(1)
  expect((await shop.post<PaymentView>(PAYMENTS, ORDER, key)).text).toBe(made[0]?.text)
})

it('makes one payment of requests to two replicas at once', async () => {
  const shop = await api.newMerchant()
  for (let round = 0; round < 20; round++) {
    const key = { 'idempotency-key': `replicas-${round}` }
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => (n % 2 === 0 ? shop : replica.as(shop)).post(PAYMENTS, ORDER, key)),
    )
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([])
  }
  expect(await paymentsOf(shop)).toBe(20)
})

it('keeps keys of merchants, and of paths, apart', async () => {
  const shop = await api.newMerchant()
  const key = { 'idempotency-key': 'shared' }
  const mine = await merchant.post<PaymentView>(PAYMENTS, ORDER, key)
  const theirs = await shop.post<PaymentView>(PAYMENTS, ORDER, key)
  expect(theirs.body.id).not.toBe(mine.body.id)
  const canceled = await merchant.post<PaymentView>(`${PAYMENTS}/${mine.body.id}/cancel`, {}, key)
  expect([canceled.status, canceled.body.id]).toEqual([202, mine.body.id])
})

it('repeats a refusal too, but never a failed validation', async () => {
  const { body: payment } = await merchant.post<PaymentView>(PAYMENTS, ORDER)
  const key = { 'idempotency-key': 'refused' }
  const accept = () => merchant.post(`${PAYMENTS}/${payment.id}/accept`, { amount: '1' }, key)
  const [refused, again] = [await accept(), await accept()]
  expect([refused.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([409, 409, 'true'])
  expect(again.text).toBe(refused.text)
  for (const bad of [
    { ...ORDER, amount: '0' },
    { ...ORDER, chain: 'moon' },
  ])
    expect((await merchant.post(PAYMENTS, bad, { 'idempotency-key': 'mended' })).status).toBe(422)
  expect((await merchant.post(PAYMENTS, ORDER, { 'idempotency-key': 'mended' })).status).toBe(201)
})

it('keeps answers encrypted: not even the secret of an endpoint can be read in the database', async () => {
  const endpoint = { url: 'https://shop.example/hook', events: ['*'] }
  const key = { 'idempotency-key': 'secret' }
  const { body } = await merchant.post<{ secret: string }>('/api/v1/webhook-endpoints', endpoint, key)
  const again = await merchant.post<{ secret: string }>('/api/v1/webhook-endpoints', endpoint, key)
  expect(again.body.secret).toBe(body.secret)
  const [row] = await api.db.prisma.idempotency_keys.findMany({ where: { key: 'secret' } })
  expect(Buffer.from(row?.response ?? []).toString('latin1')).not.toContain(body.secret)
})

it('forgets a key after 72 hours', async () => {
  const key = { 'idempotency-key': 'old' }
  const first = await merchant.post<PaymentView>(PAYMENTS, ORDER, key)
  await api.db.prisma
    .$executeRaw`UPDATE idempotency_keys SET created_at = now() - interval '73 hours' WHERE key = 'old'`
  const second = await merchant.post<PaymentView>(PAYMENTS, ORDER, key)
  expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([201, null])
  expect(second.body.id).not.toBe(first.body.id)
  expect((await merchant.post<PaymentView>(PAYMENTS, ORDER, key)).body.id).toBe(second.body.id)
})

it.each([['x'.repeat(256)], ['']])('refuses a key that is too long or empty', async (key) => {
  const { status, body } = await merchant.post(PAYMENTS, ORDER, { 'idempotency-key': key })
  expect([status, body.code]).toEqual([422, 'invalid_idempotency_key'])
})

it('takes the operator’s calls once as well', async () => {
  const key = { 'idempotency-key': 'merchant-1' }
  const first = await api.admin.post<{ id: string }>('/api/v1/admin/merchants', { name: 'Once' }, key)
  const again = await api.admin.post<{ id: string }>('/api/v1/admin/merchants', { name: 'Once' }, key)
  expect(again.body.id).toBe(first.body.id)
})
