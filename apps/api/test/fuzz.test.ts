import { connect } from 'node:net'
import fc from 'fast-check'
import { endpoints } from '../src/routes/endpoints'
import { type MerchantClient, startTestApi, type TestApi } from './support/test-api'

const RUNS = 250

let api: TestApi
let merchant: MerchantClient

beforeAll(async () => {
  api = await startTestApi()
  merchant = await api.newMerchant()
}, 60_000)
afterAll(() => api?.close())

const json = fc.jsonValue({ maxDepth: 3 })
const strange = fc.constantFrom(
  '\0',
  '\ud800',
  '\u202e',
  '',
  ' ',
  'null',
  '__proto__',
  'constructor',
  '-0',
  'NaN',
  '%00',
)
const field = fc.oneof(json, strange, fc.string({ unit: 'binary' }), fc.bigInt().map(String))
const names = [
  'chain',
  'asset',
  'amount',
  'metadata',
  'reference',
  'url',
  'events',
  'since',
  'until',
  'only',
  'enabled',
  'name',
  'from',
  'to',
]
const body = fc.oneof(
  fc.dictionary(fc.oneof(fc.constantFrom(...names), strange), field).map((value) => JSON.stringify(value)),
  fc
    .record({
      chain: fc.constant('anvil'),
      asset: fc.constant('ETH'),
      amount: fc.constant('1'),
      reference: field,
      metadata: fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
    })
    .map((value) => JSON.stringify(value)),
  json.map((value) => JSON.stringify(value)),
  fc.uint8Array({ maxLength: 2_000 }),
  fc.string({ unit: 'binary' }),
)
const id = fc.oneof(strange, fc.string(), fc.constant('pay_01jzv3q5k8e5rbw2x7n4m6t9ya'), fc.constant('anvil'))
const query = fc.dictionary(
  fc.oneof(
    fc.constantFrom('limit', 'starting_after', 'after', 'types', 'status', 'reference', 'created_gte'),
    fc.string(),
  ),
  fc.oneof(
    strange,
    fc.string({ unit: 'binary' }),
    fc.constantFrom('1', '100', 'payment.*', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59'),
  ),
)
const header = fc.stringMatching(/^[\x20-\x7e\x80-\xff]{0,300}$/)

it('answers whatever is sent with what it documents, and never with a 5xx', async () => {
  const request = fc.record({
    endpoint: fc.constantFrom(...endpoints),
    id,
    query,
    body,
    type: fc.oneof(
      fc.constant('application/json'),
      fc.constantFrom('text/plain', 'application/json;charset=latin1', 'a/b'),
    ),
    key: fc.option(header, { nil: undefined, freq: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ endpoint: { spec }, id, query, body, type, key }) => {
      const search = new URLSearchParams()
      for (const [name, value] of Object.entries(query)) search.append(name.toWellFormed(), value.toWellFormed())
      const path = spec.path.replace(/:\w+/, encodeURIComponent(id.toWellFormed()))
      const hasBody = spec.method !== 'get' && spec.method !== 'delete'
      const client = spec.access === 'admin' ? api.admin : merchant
      const headers = {
        ...(hasBody ? { 'content-type': type } : {}),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      }
      const bytes = typeof body === 'string' ? body : Uint8Array.from(body)
      const answer = await client.raw(
        spec.method.toUpperCase(),
        `${path}?${search.toString()}`,
        hasBody ? bytes : null,
        headers,
      )
      expect(answer.status).toBeLessThan(500)
    }),
    { numRuns: RUNS },
  )
}, 60_000)

it('serves on after raw bytes that are no HTTP', async () => {
  const port = Number(new URL(api.url).port)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 500 }), async (bytes) => {
      const socket = connect(port, '127.0.0.1')
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.on('error', () => undefined)
      socket.end(bytes)
      socket.resume()
      await closed
    }),
    { numRuns: 100 },
  )
  expect((await api.anonymous.get('/health')).status).toBe(200)
})
