import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '../src/sdk'

interface Reply {
  readonly status: number
  readonly body: unknown
  readonly headers?: Record<string, string>
}

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const server = createServer((request, response) => {
  void answer(request).then(({ status, body, headers }) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body)),
  )
})
let replies: Reply[] = []
let seen: Seen[] = []
let baseUrl = ''

async function answer(request: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  seen.push({
    method: request.method,
    url: request.url,
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  })
  return replies.shift() ?? { status: 500, body: {} }
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  replies = []
  seen = []
})
afterAll(() => server.close())

const client = (more = {}) => createClient({ apiKey: 'sk_test', baseUrl, ...more })
const ok = (body: unknown): Reply => ({ status: 200, body })
const TERMS = { chain: 'anvil', asset: 'USDC', amount: '1500000' }
const PROBLEM = { title: 'Not found', detail: 'There is no such payment.', code: 'not_found', request_id: 'req_1' }

test('a POST carries the key, the body and an Idempotency-Key of its own', async () => {
  replies = [ok({ id: 'pay_1' }), ok({ id: 'pay_2' })]
  const { payments } = client()
  expect([await payments.create(TERMS), await payments.create(TERMS)]).toEqual([{ id: 'pay_1' }, { id: 'pay_2' }])
  const [first, second] = seen
  expect(first).toMatchObject({ method: 'POST', url: '/api/v1/payments', body: JSON.stringify(TERMS) })
  expect(first?.headers.authorization).toBe('Bearer sk_test')
  expect(first?.headers['idempotency-key']).not.toBe(second?.headers['idempotency-key'])
})

test('a retry carries the same Idempotency-Key', async () => {
  replies = [{ status: 503, body: {} }, ok({ id: 'pay_1' })]
  await client().payments.create(TERMS)
  expect(seen).toHaveLength(2)
  expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
})

test('an Idempotency-Key that is given is used', async () => {
  replies = [ok({})]
  await client().payments.create(TERMS, { idempotencyKey: 'order-1' })
  expect(seen[0]?.headers['idempotency-key']).toBe('order-1')
})

test('a limit is waited out as long as is asked', async () => {
  replies = [{ status: 429, body: {}, headers: { 'retry-after': '1' } }, ok({ id: 'pay_1' })]
  const startedAt = Date.now()
  await client().payments.retrieve('pay_1')
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_000)
})

test('a refusal is not tried again, and says why', async () => {
  replies = [{ status: 404, body: PROBLEM, headers: { 'content-type': 'application/problem+json' } }]
  await expect(client().payments.retrieve('pay_1')).rejects.toMatchObject({
    name: 'CTripError',
    status: 404,
    code: 'not_found',
    requestId: 'req_1',
    message: 'Not found: There is no such payment.',
  })
  expect(seen).toHaveLength(1)
})

test('an answer that is not the gateway`s is an error with its status', async () => {
  replies = [{ status: 502, body: 'Bad gateway' }]
  await expect(client({ maxRetries: 0 }).payments.retrieve('pay_1')).rejects.toMatchObject({
    status: 502,
    problem: null,
  })
})

test('no answer at all is an error of the connection', async () => {
  const nowhere = createClient({ apiKey: 'sk_test', baseUrl: 'http://127.0.0.1:1', maxRetries: 0 })
  await expect(nowhere.payments.retrieve('pay_1')).rejects.toMatchObject({ name: 'CTripConnectionError' })
})

test('a call that is aborted ends at once', async () => {
  replies = [{ status: 503, body: {}, headers: { 'retry-after': '30' } }]
  const call = client().payments.create(TERMS, { signal: AbortSignal.timeout(200) })
  await expect(call).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('a list goes through every page by its cursor, under the same filter', async () => {
  replies = [
    ok({ data: [{ id: 'pay_3' }, { id: 'pay_2' }], has_more: true }),
    ok({ data: [{ id: 'pay_1' }], has_more: false }),
  ]
  const ids: string[] = []
  for await (const { id } of client().payments.list({ status: 'confirmed', limit: 2 })) ids.push(id)
  expect(ids).toEqual(['pay_3', 'pay_2', 'pay_1'])
  expect(seen.map(({ url }) => url)).toEqual([
    '/api/v1/payments?status=confirmed&limit=2',
    '/api/v1/payments?status=confirmed&limit=2&starting_after=pay_2',
  ])
})

test('events go on after the last one', async () => {
  replies = [ok({ data: [{ id: 'evt_1' }], has_more: true }), ok({ data: [], has_more: false })]
  for await (const event of client().events.list({ types: 'payment.*' })) expect(event.id).toBe('evt_1')
  expect(seen[1]?.url).toBe('/api/v1/events?types=payment.*&after=evt_1')
})

test('an id cannot lead elsewhere', async () => {
  replies = [ok({})]
  await client().payments.retrieve('../admin/merchants')
  expect(seen[0]?.url).toBe('/api/v1/payments/..%2Fadmin%2Fmerchants')
})

test('an answer that breaks off is asked for again', async () => {
  let answers = 0
  const breaking = createServer((_request, response) => {
    answers++
    if (answers > 1) return void response.writeHead(200).end('{"id":"pay_1"}')
    response.writeHead(200, { 'content-length': '100' }).write('{"id":')
    setTimeout(() => response.destroy(), 20)
  })
  await new Promise<void>((resolve) => breaking.listen(0, '127.0.0.1', resolve))
  const at = `http://127.0.0.1:${(breaking.address() as AddressInfo).port}`
  await expect(client({ baseUrl: at }).payments.retrieve('pay_1')).resolves.toEqual({ id: 'pay_1' })
  breaking.close()
})

test('2xx that is not JSON is an error of its own, which names baseUrl', async () => {
  const page = new Response('<html>', { headers: { 'content-type': 'text/html' } })
  const elsewhere = client({ fetch: () => Promise.resolve(page) })
  await expect(elsewhere.payments.retrieve('pay_1')).rejects.toMatchObject({
    ...{ name: 'CTripAnswerError', status: 200, contentType: 'text/html' },
    message: expect.stringContaining('baseUrl') as string,
  })
})

test('a DELETE whose first answer was lost has succeeded when it finds nothing more', async () => {
  const gone: Reply = { status: 404, body: PROBLEM, headers: { 'content-type': 'application/problem+json' } }
  replies = [{ status: 503, body: {} }, gone]
  await expect(client().webhookEndpoints.delete('we_1')).resolves.toEqual({ id: 'we_1', deleted: true })
  replies = [gone]
  await expect(client().webhookEndpoints.delete('we_1')).rejects.toMatchObject({ status: 404 })
})

test('Retry-After may be a date, and one far off is for the caller to wait for', async () => {
  const tomorrow = new Date(Date.now() + 86_400_000).toUTCString()
  replies = [{ status: 503, body: {}, headers: { 'retry-after': tomorrow } }, ok({})]
  await expect(client().payments.retrieve('pay_1')).rejects.toMatchObject({ status: 503 })
  replies = [{ status: 503, body: {}, headers: { 'retry-after': new Date().toUTCString() } }, ok({ id: 'pay_1' })]
  await expect(client().payments.retrieve('pay_1')).resolves.toEqual({ id: 'pay_1' })
})

test.each([
  [{ apiKey: undefined }, 'apiKey is missing'],
  [{ apiKey: '' }, 'apiKey is missing'],
  [{ baseUrl: undefined }, 'baseUrl must be'],
  [{ baseUrl: 'pay.example.com' }, 'baseUrl must be'],
  [{ baseUrl: 'https://pay.example.com/api/v1' }, 'before /api/v1'],
  [{ maxRetries: -1 }, 'maxRetries'],
  [{ timeoutMs: 0 }, 'timeoutMs'],
])('names what is wrong in %j when it is made', (options, message) => {
  expect(() => client(options)).toThrow(message)
})
