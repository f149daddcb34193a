import { connect } from 'node:net'
import fc, { type Arbitrary } from 'fast-check'

const ANSWER_TIMEOUT_MS = 2_000

const headers = fc.constantFrom(
  'Host: x',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Connection: upgrade\r\nUpgrade: websocket',
  'Expect: 100-continue',
  'Authorization: Bearer sk_x',
  ' folded',
  'no colon',
  'X: \0',
)
const starts = fc.constantFrom(
  'GET /health HTTP/1.1',
  'POST /api/v1/payments HTTP/1.1',
  'POST /api/v1/payments HTTP/1.0',
  'PRI * HTTP/2.0',
  'CONNECT x:1 HTTP/1.1',
  'GET http://elsewhere/ HTTP/1.1',
  'GET //health HTTP/9.9',
  '\x16\x03\x01',
)
const bodies = fc.constantFrom(
  '',
  '{}',
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
)
const almostHttp = fc
  .tuple(starts, fc.array(headers, { maxLength: 4 }), bodies)
  .map(([start, lines, body]) => Buffer.from(`${[start, ...lines].join('\r\n')}\r\n\r\n${body}`, 'latin1'))

/** Bytes for the socket: noise, and HTTP that is wrong in one place. */
export const rawBytes: Arbitrary<Uint8Array> = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 500 }), almostHttp)

/** Sends bytes on a connection of their own; resolves with what came back once the server has closed it, or says no more. */
export function sendRaw(port: number, bytes: Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const received: Buffer[] = []
  socket.on('data', (chunk) => received.push(chunk))
  socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy())
  socket.end(bytes)
  return new Promise((resolve) => {
    // A reset is an answer too.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => resolve(Buffer.concat(received).toString('latin1')))
  })
}
