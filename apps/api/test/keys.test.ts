import type { MerchantId } from '@ctrip/domain/ids'
import { type ApiClient, apiClient, type ListBody } from './support/api-client'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

interface Key {
  readonly id: string
  readonly key: string
  readonly scopes: string[] | null
  readonly allowed_cidrs: string[] | null
  readonly expires_at: string | null
}

const DAY_MS = 24 * 3600 * 1000
const ORDER = { chain: 'anvil', asset: 'USDC', amount: '1500000' }

let api: TestApi
let merchant: MerchantClient

beforeAll(async () => {
  api = await startTestApi()
  merchant = await api.newMerchant()
}, 60_000)
afterAll(() => api?.close())

const keysOf = (id: MerchantId) => `/api/v1/admin/merchants/${id}/api-keys`

async function newKey(limits: object): Promise<Key & { readonly client: ApiClient }> {
  const { status, body } = await api.admin.post<Key>(keysOf(merchant.id), limits)
  expect(status).toBe(201)
  return { ...body, client: apiClient(api.url, body.key) }
}

/** Lets so much time pass for one key. */
async function age(key: Key, ms: number): Promise<void> {
  await api.db.prisma.$executeRaw`
    UPDATE api_keys SET expires_at = expires_at - ${ms}::float8 * interval '1 ms' WHERE last_four = right(${key.key}, 4)`
}

describe('a key that expires', () => {
  it('works until then, and is a 401 that says so afterwards', async () => {
    const key = await newKey({ expires_in: 3600 })
    expect(Math.abs(Date.parse(key.expires_at ?? '') - Date.now() - 3_600_000)).toBeLessThan(60_000)
    expect((await key.client.get('/api/v1/payments')).status).toBe(200)
    await age(key, 3_601_000)
    const refused = await key.client.get('/api/v1/payments')
    expect([refused.status, refused.body.code]).toEqual([401, 'key_expired'])
    expect(refused.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('cannot repeat what it was answered under an Idempotency-Key', async () => {
    const key = await newKey({ expires_in: 3600, scopes: ['payments:write'] })
    const once = { 'idempotency-key': 'before-expiry' }
    expect((await key.client.post('/api/v1/payments', ORDER, once)).status).toBe(201)
    await age(key, 3_601_000)
    expect((await key.client.post('/api/v1/payments', ORDER, once)).status).toBe(401)
  })
})

describe('a key with networks', () => {
  it('is refused from elsewhere, with the address that it came from', async () => {
    const key = await newKey({ allowed_cidrs: ['198.51.100.77/24', '2001:db8::/32'] })
    expect(key.allowed_cidrs).toEqual(['198.51.100.0/24', '2001:db8::/32'])
    const { status, body } = await key.client.get('/api/v1/payments')
    expect([status, body.code]).toEqual([403, 'address_not_allowed'])
    expect(body.detail).toContain('127.0.0.1')
  })

  it('is let in from there', async () => {
    const key = await newKey({ allowed_cidrs: ['203.0.113.0/24', '127.0.0.0/8'] })
    expect((await key.client.get('/api/v1/payments')).status).toBe(200)
  })
})

it.each([
  [{ scopes: [] }, 'scopes'],
  [{ scopes: ['payments:all'] }, 'scopes.0'],
  [{ scopes: ['admin:read'] }, 'scopes.0'],
  [{ expires_in: 59 }, 'expires_in'],
  [{ expires_in: -1 }, 'expires_in'],
  [{ allowed_cidrs: [] }, 'allowed_cidrs'],
  [{ allowed_cidrs: ['10.0.0.1'] }, 'allowed_cidrs.0'],
  [{ allowed_cidrs: ['10.0.0.0/33'] }, 'allowed_cidrs.0'],
  [{ allowed_cidrs: ['010.0.0.0/8'] }, 'allowed_cidrs.0'],
  [{ allowed_cidrs: ['0/0'] }, 'allowed_cidrs.0'],
  [{ allowed_cidrs: ['10.0.0.0/08'] }, 'allowed_cidrs.0'],
  [{ allowed_cidrs: ['fe80::1%eth0/64'] }, 'allowed_cidrs.0'],
  [{ allowed_cidrs: ['shop.example/24'] }, 'allowed_cidrs.0'],
])('makes no key with %j', async (limits, param) => {
  const { status, body } = await api.admin.post(keysOf(merchant.id), limits)
  expect([status, body.param]).toEqual([422, param])
})

it('keeps responses that hold a secret out of every cache', async () => {
  const made = await api.admin.post(keysOf(merchant.id), {})
  const endpoint = await merchant.post('/api/v1/webhook-endpoints', { url: 'https://shop.example/', events: ['*'] })
  const listed = await merchant.get('/api/v1/payments')
  const headers = [made, endpoint, listed].map((answer) => answer.headers.get('cache-control'))
  expect(headers).toEqual(['no-store', 'no-store', 'private, no-cache'])
})

describe('rolling a key', () => {
  const roll = (id: string, terms: object) =>
    api.admin.post<Key & { replaces: Key }>(`/api/v1/admin/api-keys/${id}/roll`, terms)

  it('makes one with the same limits; both work during the overlap, then only the new one', async () => {
    const limits = { name: 'till', scopes: ['payments:read'], allowed_cidrs: ['127.0.0.0/8'], expires_in: 90 * 86_400 }
    const old = await newKey(limits)
    const { status, body } = await roll(old.id, { overlap_seconds: 3600 })
    expect([status, body]).toMatchObject([
      201,
      { name: 'till', scopes: ['payments:read'], allowed_cidrs: ['127.0.0.0/8'], replaces: { id: old.id } },
    ])
    expect(Math.abs(Date.parse(body.expires_at ?? '') - Date.now() - 90 * DAY_MS)).toBeLessThan(60_000)
    expect(Math.abs(Date.parse(body.replaces.expires_at ?? '') - Date.now() - 3_600_000)).toBeLessThan(60_000)
    const next = apiClient(api.url, body.key)
    for (const client of [old.client, next]) expect((await client.get('/api/v1/payments')).status).toBe(200)
    await age(old, 3_601_000)
    expect((await old.client.get('/api/v1/payments')).status).toBe(401)
    expect((await next.get('/api/v1/payments')).status).toBe(200)
    expect((await next.post('/api/v1/payments', ORDER)).body.code).toBe('insufficient_scope')
  })

  it('never lets the old key live longer than it would have', async () => {
    const old = await newKey({ expires_in: 120 })
    const { body } = await roll(old.id, { overlap_seconds: 86_400 })
    expect(body.replaces.expires_at).toBe(old.expires_at)
  })

  it('makes no key from one that is revoked or has expired', async () => {
    const revoked = await newKey({})
    await api.admin.delete(`/api/v1/admin/api-keys/${revoked.id}`)
    const expired = await newKey({ expires_in: 60 })
    await age(expired, 61_000)
    for (const { id } of [revoked, expired])
      expect(await roll(id, {})).toMatchObject({ status: 409, body: { code: 'key_not_active' } })
  })
})

describe('operators', () => {
  async function newOperator(name: string, role: string) {
    const { status, body } = await api.admin.post<{ id: string; key: string }>('/api/v1/admin/operators', {
      name,
      role,
    })
    expect(status).toBe(201)
    return { ...body, client: apiClient(api.url, body.key) }
  }
  const audited = (requestId: string) =>
    api.db.prisma.audit_log.findMany({ where: { request_id: requestId }, select: { actor: true, detail: true } })

  it('are recorded in the audit log by name, with what they did and what they were refused', async () => {
    const alice = await newOperator('alice', 'operator')
    const bob = await newOperator('bob@example.com', 'viewer')
    await alice.client.post('/api/v1/admin/merchants', { name: 'Hats' }, { 'x-request-id': 'by-alice-1' })
    await bob.client.get('/api/v1/admin/merchants', { 'x-request-id': 'by-bob-read' })
    await bob.client.post('/api/v1/admin/merchants', { name: 'Hats' }, { 'x-request-id': 'by-bob-write' })
    expect(await audited('by-alice-1')).toEqual([
      { actor: 'alice', detail: { status: 201, body: { name: 'Hats' }, operator_id: alice.id } },
    ])
    expect(await audited('by-bob-read')).toMatchObject([{ actor: 'bob@example.com', detail: { status: 200 } }])
    expect(await audited('by-bob-write')).toEqual([
      { actor: 'bob@example.com', detail: { status: 403, code: 'insufficient_scope', operator_id: bob.id } },
    ])
  })

  it('are refused from the moment they are revoked; then their name is free', async () => {
    const carol = await newOperator('carol', 'operator')
    const taken = await api.admin.post('/api/v1/admin/operators', { name: 'carol', role: 'viewer' })
    expect([taken.status, taken.body.code]).toEqual([409, 'operator_exists'])
    const revoked = await api.admin.delete<{ revoked_at: string }>(`/api/v1/admin/operators/${carol.id}`)
    expect(revoked.body.revoked_at).not.toBeNull()
    expect((await carol.client.get('/api/v1/admin/merchants')).status).toBe(401)
    expect((await newOperator('carol', 'viewer')).id).not.toBe(carol.id)
    expect((await api.admin.delete<object>(`/api/v1/admin/operators/${carol.id}`)).body).toEqual(revoked.body)
  })

  it('are listed without their keys', async () => {
    const dave = await newOperator('dave', 'viewer')
    const { body, text } = await api.admin.get<ListBody<object>>('/api/v1/admin/operators')
    expect(body.data[0]).toMatchObject({ id: dave.id, name: 'dave', role: 'viewer', last_four: dave.key.slice(-4) })
    expect(text).not.toContain(dave.key)
  })

  it('do not share Idempotency-Keys: a stored response may hold a key', async () => {
    const [erin, frank] = [await newOperator('erin', 'operator'), await newOperator('frank', 'operator')]
    const once = { 'idempotency-key': 'the-same' }
    const ask = ({ client }: { client: ApiClient }) => client.post<Key>(keysOf(merchant.id), {}, once)
    const [hers, again, his] = [await ask(erin), await ask(erin), await ask(frank)]
    expect(again.text).toBe(hers.text)
    expect(his.body.key).not.toBe(hers.body.key)
  })

  it.each(['admin', 'Stranger', 'key_1', '', ' x', 'x ', 'a\u001b[31m', 'x'.repeat(101)])(
    'may not be named %j',
    async (name) => {
      const { status, body } = await api.admin.post('/api/v1/admin/operators', { name, role: 'viewer' })
      expect([status, body.param]).toEqual([422, 'name'])
    },
  )
})
