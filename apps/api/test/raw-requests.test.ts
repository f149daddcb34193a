import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { rateLimit } from '../src/http/rate-limit'
import { refuseUnreadable } from '../src/http/refuse-unreadable'
import { startTestApi, type TestApi } from './support/test-api'

let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
}, 60_000)
afterAll(() => api?.close())

const LONG = 'x'.repeat(20_000)

test.each<[string, string, number, string]>([
  ['no HTTP at all', 'HELO shop.example\r\n\r\n', 400, 'malformed_request'],
  ['a handshake of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, 'malformed_request'],
  ['HTTP/2 without negotiation', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed_request'],
  ['a version that there is not', 'GET /health HTTP/9.9\r\nHost: a\r\n\r\n', 400, 'malformed_request'],
  ['a header without a colon', 'GET /health HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n', 400, 'malformed_request'],
  ['a header with NUL', 'GET /health HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n', 400, 'malformed_request'],
  ['HTTP/1.1 without Host', 'GET /health HTTP/1.1\r\n\r\n', 400, 'malformed_request'],
  ['two Hosts', 'GET /health HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n', 400, 'malformed_request'],
  ['a Host twice', 'GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400, 'malformed_request'],
  ['a POST without Host', 'POST /api/v1/payments HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}', 400, 'malformed_request'],
  [
    'two ideas of how long the body is',
    'POST /api/v1/payments HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'malformed_request',
  ],
  ['20 KB of headers', `GET /health HTTP/1.1\r\nHost: a\r\nX: ${LONG}\r\n\r\n`, 431, 'headers_too_large'],
  ['20 KB of path', `GET /${LONG} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, 'headers_too_large'],
  ['CONNECT', 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere\r\n\r\n', 405, 'method_not_allowed'],
  ['TRACE', 'TRACE /api/v1/payments HTTP/1.1\r\nHost: a\r\n\r\n', 405, 'method_not_allowed'],
  ['a wish to upgrade', 'GET /no HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n', 404, 'not_found'],
  ['an unknown expectation', 'POST /api/v1/payments HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n', 401, 'unauthorized'],
])('%s gets a problem, with the headers of every answer', async (_what, bytes, status, code) => {
  expectProblem(await answerOf(portOf(api), bytes), status, code)
})

test('HTTP/1.0 knows no Host', async () => {
  expect(await answerOf(portOf(api), 'GET /health HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 [\s\S]*{"status":"ok"}$/)
})

test('a request that does not arrive whole is told that it came too slowly', async () => {
  const server = createServer({ headersTimeout: 50, requestTimeout: 50, connectionsCheckingInterval: 10 })
  refuseUnreadable(server, () => undefined, { rateLimit: rateLimit(0), docsUrl: 'https://pay.example/docs' })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.write('GET /health HTTP/1.1\r\nHost: a\r\n')
    expectProblem(await text(socket), 408, 'request_timeout')
  } finally {
    server.close()
  }
})

test.each([
  'CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere\r\n\r\n',
  'HELO\r\n\r\n',
  'GET /health HTTP/1.1\r\n\r\n',
])('a client that resets its connection at once harms nobody: %j', async (bytes) => {
  for (let n = 0; n < 20; n++) await reset(portOf(api), bytes)
  expect((await api.anonymous.get('/health')).status).toBe(200)
})

function portOf({ url }: TestApi): number {
  return Number(new URL(url).port)
}

function answerOf(port: number, bytes: string): Promise<string> {
  return text(connect(port, '127.0.0.1').end(Buffer.from(bytes, 'latin1')))
}

function reset(port: number, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, () => socket.resetAndDestroy()))
    socket.on('error', () => socket.destroy())
    socket.once('close', () => resolve())
  })
}

function expectProblem(answer: string, status: number, code: string): void {
  const [head = '', json = ''] = answer.split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(head).toMatch(/^Content-Type: application\/problem\+json\r?$/m)
  expect(head).toMatch(/^RateLimit: "default";r=\d+;t=\d+\r?$/m)
  expect(head).toMatch(/^RateLimit-Policy: /m)
  if (status === 405) expect(head).toMatch(/^Allow: GET, |^Allow: POST, GET/m)
  const problem: unknown = JSON.parse(json)
  const requestId = /^X-Request-Id: (req_[0-9a-f-]{36})\r?$/m.exec(head)?.[1]
  expect(problem).toMatchObject({ status, code, request_id: requestId })
  expect(requestId).toBeDefined()
}
