import { randomUUID } from 'node:crypto'
import { type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { Problem, renderProblem } from './problem'
import type { RateLimit } from './rate-limit'

export interface RefuseDeps {
  readonly rateLimit: RateLimit
  readonly docsUrl: string
}

/** What Node's parser cannot read never becomes a request: it gets a problem all the same, with the headers of every answer. */
export function refuseUnreadable(server: Server, app: RequestListener, deps: RefuseDeps): void {
  const answering = new WeakMap<Duplex, ServerResponse>()
  server.on('request', (request, response) => answering.set(request.socket, response))
  server.on('checkExpectation', app) // what a client expects besides `100-continue` may be ignored (RFC 9110 §10.1.1)
  server.on('connect', (_request, socket: Duplex) => {
    // Node hands the connection over, and no longer listens: a client that resets it would end the process.
    socket.on('error', () => socket.destroy())
    socket.end(renderAnswer(NO_PROXY, deps))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const current = answering.get(socket)
    // Half of another answer may be out: ours in the middle of it would be taken for its rest.
    const isFree = current === undefined || !current.headersSent || current.writableFinished
    if (!socket.writable || !isFree) return void socket.destroy(error)
    socket.end(renderAnswer(toProblem(error), deps))
  })
}

const NO_PROXY = new Problem(405, 'method_not_allowed', 'This is no proxy: nothing is connected to from here.', {
  headers: { Allow: 'GET, HEAD, POST, PATCH, DELETE' },
})

function toProblem({ code }: NodeJS.ErrnoException): Problem {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Problem(431, 'headers_too_large', 'URL and headers have at most 16 KiB.')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem(408, 'request_timeout', 'The request came too slowly.')
  return new Problem(400, 'malformed_request', 'This is not a request of HTTP/1.1.')
}

function renderAnswer(problem: Problem, { rateLimit, docsUrl }: RefuseDeps): string {
  const requestId = `req_${randomUUID()}`
  const json = JSON.stringify(renderProblem(problem, { requestId, traceId: null, docsUrl }))
  const headers = new Map<string, string>([
    ['Content-Type', 'application/problem+json'],
    ['Content-Length', String(Buffer.byteLength(json))],
    ['Connection', 'close'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Request-Id', requestId],
    ...Object.entries(problem.more.headers ?? {}),
  ])
  rateLimit.announce({ setHeader: (name, value) => headers.set(name, value) })
  const head = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${head}\r\n${json}`
}
