import type { Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { ANSWER_BYTES_MAX, retryAfterMs, TOTAL_TIMEOUT_MS } from '../src/send-webhook'
import { type Sender, sender } from './support/attempt'
import { closeRawServers, startRawServer } from './support/raw-server'
import { closeReceivers, startReceiver } from './support/receiver'
import { SELF_SIGNED } from './support/self-signed'

let open: Sender

beforeEach(() => {
  open = sender(['127.0.0.0/8'])
})

afterEach(async () => {
  await open.close()
  await Promise.all([closeRawServers(), closeReceivers()])
})

/** An attempt at a server that answers each request like this. */
async function attemptAt(serve: (socket: Socket) => void) {
  const server = await startRawServer((socket) => socket.once('data', () => serve(socket)))
  const startedAt = performance.now()
  const attempt = await open.attempt(`http://127.0.0.1:${server.port}/`)
  return { attempt, tookMs: performance.now() - startedAt }
}

function drip(socket: Socket, head: string, piece: string, everyMs: number): void {
  socket.write(head)
  const timer = setInterval(() => socket.write(piece), everyMs)
  socket.once('close', () => clearInterval(timer))
}

test('gives up after fifteen seconds on who hangs, and on who drips', async () => {
  const attempts = await Promise.all([
    attemptAt(() => undefined),
    attemptAt((socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', 'x', 500)),
    attemptAt((socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', 'x-drip: 1\r\n', 500)),
  ])
  for (const { attempt, tookMs } of attempts) {
    expect(attempt).toMatchObject({ statusCode: null, reason: 'timeout' })
    expect(tookMs).toBeGreaterThan(TOTAL_TIMEOUT_MS - 500)
    expect(tookMs).toBeLessThan(2 * TOTAL_TIMEOUT_MS)
  }
}, 60_000)

test('takes a 2xx whose body never ends for a delivery, and waits a second for it', async () => {
  const { attempt, tookMs } = await attemptAt((socket) =>
    drip(socket, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\nx\r\n', 100),
  )
  expect(attempt).toMatchObject({ statusCode: 200, reason: null, responseBody: null })
  expect(tookMs).toBeLessThan(TOTAL_TIMEOUT_MS)
})

test('reads 16 KiB of ten gigabytes, and hangs up', async () => {
  let sent = 0
  const { attempt } = await attemptAt((socket) => {
    socket.write('HTTP/1.1 500 Oops\r\ncontent-length: 10000000000\r\n\r\n')
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const pour = (): void => {
      while (socket.writable && socket.write(chunk)) sent += chunk.length
      socket.once('drain', pour)
    }
    pour()
  })
  expect(attempt).toMatchObject({ statusCode: 500, reason: 'server_error' })
  expect(attempt.responseBody).toHaveLength(ANSWER_BYTES_MAX)
  expect(sent).toBeLessThan(50_000_000)
})

test('does not inflate a gzip bomb', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  const memoryBefore = process.memoryUsage().rss
  const { attempt } = await attemptAt((socket) => {
    socket.write(`HTTP/1.1 500 Oops\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`)
    socket.end(bomb)
  })
  expect(attempt.responseBody?.length).toBeLessThanOrEqual(ANSWER_BYTES_MAX)
  expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(30_000_000)
})

test('hangs up on headers without end', async () => {
  const { attempt, tookMs } = await attemptAt((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const pour = (): void => {
      while (socket.writable && socket.write(`x-more: ${'y'.repeat(1_000)}\r\n`));
      socket.once('drain', pour)
    }
    pour()
  })
  expect(attempt).toMatchObject({ statusCode: null, reason: 'bad_response' })
  expect(tookMs).toBeLessThan(TOTAL_TIMEOUT_MS)
})

test.each<[string, string, (socket: Socket) => void]>([
  ['closes at once', 'reset', (socket) => socket.destroy()],
  ['resets', 'reset', (socket) => socket.resetAndDestroy()],
  ['closes within the headers', 'reset', (socket) => socket.end('HTTP/1.1 200 OK\r\nx: ')],
  ['speaks no HTTP', 'bad_response', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
])('calls it a failure where the receiver %s', async (_what, reason, serve) => {
  expect((await attemptAt(serve)).attempt).toMatchObject({ statusCode: null, reason })
})

test('keeps what was read of a failed answer that breaks off', async () => {
  const { attempt } = await attemptAt((socket) => {
    socket.write('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 100\r\n\r\nhalf')
    setTimeout(() => socket.destroy(), 50)
  })
  expect(attempt).toMatchObject({ statusCode: 502, reason: 'server_error', responseBody: 'half' })
})

test('never follows a redirect', async () => {
  const target = await startReceiver()
  const redirecting = await startReceiver((_request, response) => {
    response.writeHead(307, { location: `${target.url}/elsewhere` }).end()
  })
  expect(await open.attempt(redirecting.url)).toMatchObject({ statusCode: 307, reason: 'redirect' })
  expect(target.received).toHaveLength(0)
})

test('calls a closed port a failure to connect', async () => {
  expect(await open.attempt('http://127.0.0.1:1/')).toMatchObject({ statusCode: null, reason: 'connect' })
})

test('trusts no certificate that signed itself, and none who speaks no TLS', async () => {
  const tls = createTlsServer(SELF_SIGNED)
  await new Promise<void>((listening) => tls.listen(0, '127.0.0.1', listening))
  const address = tls.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  expect(await open.attempt(`https://127.0.0.1:${port}/`)).toMatchObject({ statusCode: null, reason: 'tls' })
  await new Promise((closed) => tls.close(closed))
  const plain = await startReceiver()
  expect(await open.attempt(`https://127.0.0.1:${plain.port}/`)).toMatchObject({ statusCode: null, reason: 'tls' })
  expect(plain.received).toHaveLength(0)
})

test('uses a connection again and again', async () => {
  const receiver = await startReceiver((_request, response) => void response.writeHead(200).end('thanks'))
  for (let n = 0; n < 50; n++) await open.attempt(receiver.url)
  expect(receiver.received).toHaveLength(50)
  // A second one, if the first request's answer was not quite over when the next was sent.
  expect(receiver.connections()).toBeLessThanOrEqual(2)
})

test('gives an attempt up when told to', async () => {
  const server = await startRawServer(() => undefined)
  const abort = new AbortController()
  const attempt = open.attempt(`http://127.0.0.1:${server.port}/`, abort.signal)
  setTimeout(() => abort.abort(new Error('stopping')), 50)
  await expect(attempt).rejects.toThrow('stopping')
})

test.each([
  ['120', 120_000],
  ['Wed, 01 Jan 2025 00:01:00 GMT', 60_000],
  ['Wed, 01 Jan 2020 00:00:00 GMT', 0],
  ['soon', null],
  ['-5', null],
  [undefined, null],
])('reads Retry-After: %s', (header, expected) => {
  expect(retryAfterMs(header, Date.parse('2025-01-01T00:00:00Z'))).toBe(expected)
})
