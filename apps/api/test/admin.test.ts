import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '@ctrip/domain/ids'
import type { PaymentView } from '@ctrip/domain/payment/view'
import { endpoints } from '../src/routes/endpoints'
import { apiClient, type ListBody } from './support/api-client'
import { startTestApi, type TestApi } from './support/test-api'

interface Key {
  readonly id: string
  readonly key?: string
  readonly last_four: string
  readonly last_used_at: string | null
  readonly revoked_at: string | null
}

let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
}, 60_000)
afterAll(() => api?.close())

it('shows a key once, and keeps its hash only', async () => {
  const merchant = await api.newMerchant()
  expect(merchant.key).toMatch(/^sk_[\w-]{43}$/)
  const { body, text } = await api.admin.get<ListBody<Key>>(`/api/v1/admin/merchants/${merchant.id}/api-keys`)
  expect(body.data).toMatchObject([{ last_four: merchant.key.slice(-4), revoked_at: null }])
  expect(text).not.toContain(merchant.key)
  const dump = JSON.stringify(await api.db.prisma.api_keys.findMany({ select: { name: true, last_four: true } }))
  expect(dump).not.toContain(merchant.key)
})

it('refuses a key from the moment it is revoked', async () => {
  const merchant = await api.newMerchant()
  const keys = `/api/v1/admin/merchants/${merchant.id}/api-keys`
  const second = (await api.admin.post<Key>(keys, { name: 'second' })).body
  const withSecond = apiClient(api.url, second.key ?? '')
  expect((await withSecond.get('/api/v1/payments')).status).toBe(200)
  const revoked = await api.admin.delete<Key>(`/api/v1/admin/api-keys/${second.id}`)
  expect(revoked.body.revoked_at).not.toBeNull()
  expect((await withSecond.get('/api/v1/payments')).status).toBe(401)
  expect((await merchant.get('/api/v1/payments')).status).toBe(200)
  const again = await api.admin.delete<Key>(`/api/v1/admin/api-keys/${second.id}`)
  expect(again.body).toEqual(revoked.body)
})

it('notes when a key was last used', async () => {
  const merchant = await api.newMerchant()
  await merchant.get('/api/v1/payments')
  const keys = `/api/v1/admin/merchants/${merchant.id}/api-keys`
  const deadline = Date.now() + 10_000
  let used: string | null = null
  while (used === null && Date.now() < deadline) {
    await sleep(200)
    used = (await api.admin.get<ListBody<Key>>(keys)).body.data[0]?.last_used_at ?? null
  }
  expect(Math.abs(Date.parse(used ?? '') - Date.now())).toBeLessThan(15_000)
})

it('knows no chain by a name that Postgres could not even write down', async () => {
  const answer = await api.admin.post('/api/v1/admin/chains/%00/backfill', { from: 5, to: 9 })
  expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
})

it('hands requests to scan and to sweep on to those who do it', async () => {
  const backfill = await api.admin.post('/api/v1/admin/chains/anvil/backfill', { from: 5, to: 9 })
  expect([backfill.status, backfill.body]).toEqual([202, { object: 'backfill', chain: 'anvil', from: 5, to: 9 }])
  expect((await api.admin.post('/api/v1/admin/sweeps')).body).toEqual({
    object: 'sweep_request',
    chains: ['anvil', 'tagged'],
  })
  expect((await api.admin.post('/api/v1/admin/sweeps', { chain: 10 })).body).toMatchObject({ chains: ['tagged'] })
  const rows = await api.db.prisma.operator_requests.findMany({ orderBy: { id: 'asc' } })
  expect(rows.map(({ kind, chain_id, from_block, to_block }) => [kind, chain_id, from_block, to_block])).toEqual([
    ['backfill', 31337n, 5n, 9n],
    ['sweep', 31337n, null, null],
    ['sweep', 10n, null, null],
    ['sweep', 10n, null, null],
  ])
})

it.each([
  [{ from: 9, to: 5 }, 'to'],
  [{ from: -1, to: 5 }, 'from'],
  [{ from: 1 }, 'to'],
  [{ from: 1, to: 1.5 }, 'to'],
])('refuses to scan %j', async (range, param) => {
  const { status, body } = await api.admin.post('/api/v1/admin/chains/anvil/backfill', range)
  expect([status, body.param]).toEqual([422, param])
})

it('answers 404 for a merchant or key that does not exist', async () => {
  const nobody = newId('merchant')
  expect((await api.admin.get(`/api/v1/admin/merchants/${nobody}/api-keys`)).status).toBe(404)
  expect((await api.admin.post(`/api/v1/admin/merchants/${nobody}/api-keys`)).status).toBe(404)
  expect((await api.admin.delete(`/api/v1/admin/api-keys/${newId('apiKey')}`)).status).toBe(404)
})

it('lists merchants', async () => {
  const merchant = await api.newMerchant()
  const { body } = await api.admin.get<ListBody<{ id: string }>>('/api/v1/admin/merchants?limit=1')
  expect([body.data[0]?.id, body.has_more]).toEqual([merchant.id, true])
})

it('shows any merchant’s payment and its timeline, and whose it is, to the operator alone', async () => {
  const merchant = await api.newMerchant()
  const order = { chain: 'anvil', asset: 'USDC', amount: '1500000' }
  const payment = (await merchant.post<PaymentView>('/api/v1/payments', order)).body
  const path = `/payments/${payment.id}`
  const shown = await api.admin.get<object>(`/api/v1/admin${path}`)
  expect(shown.body).toEqual({ ...payment, merchant_id: merchant.id })
  const timeline = await api.admin.get<object>(`/api/v1/admin${path}/timeline`)
  expect(timeline.body).toEqual((await merchant.get<object>(`/api/v1${path}/timeline`)).body)
  for (const nothing of [`/payments/${newId('payment')}`, `/payments/${newId('payment')}/timeline`])
    expect((await api.admin.get(`/api/v1/admin${nothing}`)).status).toBe(404)
})

it.each(endpoints.filter(({ spec }) => spec.access === 'admin').map(({ spec }) => [spec.method, spec.path]))(
  'opens %s %s to no merchant',
  async (method, path) => {
    const merchant = await api.newMerchant()
    const id = path.includes('payments') ? newId('payment') : merchant.id
    const target = path.replace(':id', id).replace(':chain', 'anvil')
    const answer = await merchant.raw(method.toUpperCase(), target, null, {})
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
  },
)
