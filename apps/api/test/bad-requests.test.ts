import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

const ORDER = { chain: 'anvil', asset: 'USDC', amount: '1500000' }
const METADATA_TO_BE_LOST = `${JSON.stringify(ORDER).slice(0, -1)}, "metadata": {"__proto__": "x"}}`
const JSON_TYPE = { 'content-type': 'application/json' }
const NOBODYS_PAYMENT = 'pay_01jzv3q5k8e5rbw2x7n4m6t9ya'

const SOME_TEXT = expect.any(String) as string

let api: TestApi
let merchant: MerchantClient

beforeAll(async () => {
  api = await startTestApi()
  merchant = await api.newMerchant()
}, 60_000)

afterAll(() => api?.close())

describe('a field that is not as documented is a 422 that names it', () => {
  it.each<[string, object, string]>([
    ['unknown chain', { chain: 'moon' }, 'chain'],
    ['unknown chain id', { chain: 99 }, 'chain'],
    ['no chain', { chain: undefined }, 'chain'],
    ['unknown asset', { asset: 'DOGE' }, 'asset'],
    ['asset with a wrong checksum', { asset: '0x5FbDB2315678afecb367f032d93F642f64180aA3' }, 'asset'],
    ['amount 0', { amount: '0' }, 'amount'],
    ['negative amount', { amount: '-1' }, 'amount'],
    ['2^256', { amount: (2n ** 256n).toString() }, 'amount'],
    ['decimal point', { amount: '1.5' }, 'amount'],
    ['exponent', { amount: '1e18' }, 'amount'],
    ['hex', { amount: '0x10' }, 'amount'],
    ['leading zero', { amount: '01' }, 'amount'],
    ['plus sign', { amount: '+1' }, 'amount'],
    ['blank', { amount: ' 1' }, 'amount'],
    ['other digits', { amount: '١' }, 'amount'],
    ['amount as a number', { amount: 1500000 }, 'amount'],
    ['amount null', { amount: null }, 'amount'],
    ['no amount', { amount: undefined }, 'amount'],
    ['expiry too soon', { expires_in: 59 }, 'expires_in'],
    ['expiry too late', { expires_in: 604_801 }, 'expires_in'],
    ['expiry with a fraction', { expires_in: 60.5 }, 'expires_in'],
    ['expiry as text', { expires_in: '60' }, 'expires_in'],
    ['too much tolerance', { tolerance_bps: 1001 }, 'tolerance_bps'],
    ['negative tolerance', { tolerance_bps: -1 }, 'tolerance_bps'],
    ['unknown late policy', { late_policy: 'maybe' }, 'late_policy'],
    ['metadata as a list', { metadata: [] }, 'metadata'],
    ['number in metadata', { metadata: { a: 1 } }, 'metadata.a'],
    ['long value in metadata', { metadata: { a: 'x'.repeat(501) } }, 'metadata.a'],
    ['empty key in metadata', { metadata: { '': 'x' } }, 'metadata.'],
    ['NUL in metadata', { metadata: { a: 'x\0' } }, 'metadata.a'],
    ['lone surrogate', { reference: '\ud800' }, 'reference'],
    ['NUL in reference', { reference: 'a\0b' }, 'reference'],
    ['long reference', { reference: 'x'.repeat(256) }, 'reference'],
    ['unknown parameter', { amout: '1' }, 'amout'],
  ])('%s', async (_what, changes, param) => {
    const { status, body, headers } = await merchant.post('/api/v1/payments', { ...ORDER, ...changes })
    expect([status, body.param]).toEqual([422, param])
    expect(body.errors?.[0]).toMatchObject({ path: param, message: SOME_TEXT, code: SOME_TEXT })
    expect(headers.get('content-type')).toBe('application/problem+json')
  })

  it('says everything that is wrong at once', async () => {
    const { body } = await merchant.post('/api/v1/payments', { chain: 1.5, amount: '0', tolerance_bps: 'x', no: 1 })
    expect(body.errors?.map(({ path }) => path).sort()).toEqual(['amount', 'asset', 'chain', 'no', 'tolerance_bps'])
  })

  it('tells what is missing from what is of the wrong type', async () => {
    const { body } = await merchant.post('/api/v1/payments', {
      ...ORDER,
      chain: undefined,
      amount: 1500000,
      asset: null,
    })
    expect(new Map(body.errors?.map(({ path, code }) => [path, code]))).toEqual(
      new Map([
        ['chain', 'required'],
        ['amount', 'invalid_type'],
        ['asset', 'invalid_type'],
      ]),
    )
  })

  it('51 keys of metadata, or one that is too long', async () => {
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, 'v']))
    for (const metadata of [many, { ['k'.repeat(41)]: 'v' }]) {
      const { status, body } = await merchant.post('/api/v1/payments', { ...ORDER, metadata })
      expect([status, body.errors?.[0]?.path.slice(0, 8)]).toEqual([422, 'metadata'])
    }
  })

  it.each([
    ['limit=0'],
    ['limit=101'],
    ['limit=ten'],
    ['limit=1&limit=2'],
    ['starting_after=pay_x'],
    [`starting_after=${NOBODYS_PAYMENT.replace('pay', 'evt')}`],
    ['status=paid'],
    ['created_gte=yesterday'],
    ['created_gte=2026-02-30T00:00:00Z'],
    ['created_gte=0000-01-01T00:00:00Z'],
    ['created_lt=9999-12-31T23:59:59-23:59'],
    ['chain=moon'],
    ['state=pending'],
    ['reference=%00'],
  ])('in a query: %s', async (query) => {
    const { status, body } = await merchant.get(`/api/v1/payments?${query}`)
    expect([status, body.param]).toEqual([422, query.split('=', 1)[0]])
  })
})

describe('a body that cannot be read', () => {
  it.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, string]>([
    ['malformed JSON', '{"amount":', JSON_TYPE, 400, 'malformed_json'],
    ['two values', '{} {}', JSON_TYPE, 400, 'malformed_json'],
    ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), JSON_TYPE, 400, 'malformed_json'],
    ['100 KB', JSON.stringify({ reference: 'x'.repeat(100_000) }), JSON_TYPE, 413, 'payload_too_large'],
    ['a form', 'amount=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['no content type', Uint8Array.of(0x7b, 0x7d), {}, 415, 'unsupported_media_type'],
    ['another charset', '{}', { 'content-type': 'application/json; charset=utf-16' }, 415, 'unsupported_media_type'],
    ['compressed', '{}', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
    ['a list', '[]', JSON_TYPE, 422, 'validation_failed'],
    ['null', 'null', JSON_TYPE, 422, 'validation_failed'],
    ['a number', '1e999', JSON_TYPE, 422, 'validation_failed'],
    ['deep nesting', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, JSON_TYPE, 422, 'validation_failed'],
    ['nothing at all', '', JSON_TYPE, 422, 'validation_failed'],
    ['a prototype', '{"__proto__": {"chain": "anvil"}}', JSON_TYPE, 422, 'validation_failed'],
    ['a key that would be lost', METADATA_TO_BE_LOST, JSON_TYPE, 422, 'validation_failed'],
  ])('%s', async (_what, body, headers, status, code) => {
    const answer = await merchant.raw('POST', '/api/v1/payments', body, headers)
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })

  it('takes application/json with the charset spelt out', async () => {
    const headers = { 'content-type': 'Application/JSON; charset="UTF-8"' }
    expect((await merchant.raw('POST', '/api/v1/payments', JSON.stringify(ORDER), headers)).status).toBe(201)
  })
})

describe('a key that does not open the door', () => {
  it.each([
    ['none', {}, 401],
    ['an unknown one', { authorization: `Bearer sk_${'A'.repeat(43)}` }, 401],
    ['another scheme', { authorization: 'Basic c2s6' }, 401],
    ['nonsense', { authorization: 'Bearer' }, 401],
  ])('%s', async (_what, headers: Record<string, string>, status) => {
    const answer = await api.anonymous.get('/api/v1/payments', headers)
    expect([answer.status, answer.body.code]).toEqual([status, 'unauthorized'])
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('a merchant’s on the operator’s calls, the operator’s on a merchant’s', async () => {
    expect((await merchant.get('/api/v1/admin/merchants')).status).toBe(403)
    expect((await api.admin.get('/api/v1/payments')).status).toBe(403)
  })
})

describe('a path or method that does not exist', () => {
  it.each([
    ['/api/v1/nothing', 404],
    ['/', 404],
    ['/api/v1/payments/not-an-id', 404],
    [`/api/v1/payments/${NOBODYS_PAYMENT}`, 404],
    [`/api/v1/payments/${NOBODYS_PAYMENT.toUpperCase()}`, 404],
    ['/api/v1/payments/%ff', 400],
    ['/api/v1/sweeps/', 404], // found by fuzzing: it was the list
    ['/API/v1/payments', 404],
  ])('%s', async (path, status) => {
    expect((await merchant.get(path)).status).toBe(status)
  })

  it('says which methods there are', async () => {
    const answer = await merchant.raw('PUT', '/api/v1/payments', null, {})
    expect([answer.status, answer.body.code, answer.headers.get('allow')]).toEqual([
      405,
      'method_not_allowed',
      'POST, GET, HEAD',
    ])
    const health = await api.anonymous.raw('POST', '/health', null, {})
    expect([health.status, health.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('every answer', () => {
  it('carries a request id, ours or the sane one that was sent', async () => {
    const own = await merchant.get('/api/v1/nothing')
    expect(own.headers.get('x-request-id')).toMatch(/^req_[0-9a-f-]{36}$/)
    expect(own.body.request_id).toBe(own.headers.get('x-request-id'))
    const sane = await merchant.get('/api/v1/payments', { 'x-request-id': 'order-17:abc' })
    expect(sane.headers.get('x-request-id')).toBe('order-17:abc')
    const insane = await merchant.get('/api/v1/payments', { 'x-request-id': 'a b"c<script>' })
    expect(insane.headers.get('x-request-id')).toMatch(/^req_/)
  })

  it('carries the rate limit, and none of the framework', async () => {
    for (const path of ['/health', '/api/v1/payments', '/api/v1/nothing']) {
      const { headers } = await merchant.get(path)
      expect(headers.get('ratelimit-policy')).toMatch(/^"default";q=\d+;w=60$/)
      expect(headers.get('ratelimit')).toMatch(/^"default";r=\d+;t=\d+$/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  it('to HEAD has no body', async () => {
    const answer = await fetch(`${api.url}/api/v1/payments`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${merchant.key}` },
    })
    expect([answer.status, await answer.text()]).toEqual([200, ''])
  })
})
