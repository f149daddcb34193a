import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import {
  authorizationRequest,
  depositAddressRequest,
  type Failure,
  REQUEST_BYTES_MAX,
  ROUTES,
  toJson,
  transactionRequest,
} from '@ctrip/signer-protocol/messages'
import type { z } from 'zod'
import type { Log } from './log'
import type { Refusal } from './policy/judge'
import type { Answer, Signer } from './signer'

/** The signer's address for the sweeper: a Unix socket, or TCP with certificates on both sides. */
export type Listen =
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'tls'
      readonly port: number
      readonly host: string | undefined
      readonly cert: string
      readonly key: string
      readonly ca: string
    }

export interface SignServer {
  /** The TCP port; null on a Unix socket. */
  readonly port: number | null
  close(): Promise<void>
}

const REQUEST_TIMEOUT_MS = 10_000
const CONNECTIONS_MAX = 64
/** Owner and group: the sweeper runs as the same user, or in the socket's group. */
const SOCKET_MODE = 0o660

/** Serves the protocol (@ctrip/signer-protocol); rejects if it cannot listen. */
export async function startSignServer(signer: Signer, listen: Listen, log: Log): Promise<SignServer> {
  const answer: RequestListener = (request, response) => {
    respond(signer, request, response).catch((err: unknown) => {
      log.error({ err, path: request.url }, 'signer.request_failed')
      send(response, 503, { error: { code: 'unavailable', detail: 'the signature could not be made or logged' } })
    })
  }
  const server = listen.kind === 'socket' ? createServer(answer) : tlsServer(listen, answer)
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.maxConnections = CONNECTIONS_MAX
  await listening(server, listen)
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

function tlsServer({ cert, key, ca }: Extract<Listen, { kind: 'tls' }>, answer: RequestListener): Server {
  return createTlsServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' }, answer)
}

async function respond(signer: Signer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET' && request.url === ROUTES.describe) return send(response, 200, signer.describe())
  if (request.method !== 'POST') return sendMalformed(response, 'no such route')
  const body = await readBody(request)
  if (body === null) return sendMalformed(response, `larger than ${REQUEST_BYTES_MAX} bytes, or not JSON`)
  switch (request.url) {
    case ROUTES.depositAddress:
      return withParsed(response, depositAddressRequest, body, ({ index }) =>
        send(response, 200, { address: signer.depositAddress(index) }),
      )
    case ROUTES.transaction:
      return withParsed(response, transactionRequest, body, async (parsed) =>
        sendAnswer(response, await signer.signTransaction(parsed)),
      )
    case ROUTES.authorization:
      return withParsed(response, authorizationRequest, body, async (parsed) =>
        sendAnswer(response, await signer.signAuthorization(parsed)),
      )
    default:
      return sendMalformed(response, 'no such route')
  }
}

async function withParsed<Schema extends z.ZodType>(
  response: ServerResponse,
  schema: Schema,
  body: unknown,
  act: (parsed: z.output<Schema>) => void | Promise<void>,
): Promise<void> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return act(parsed.data)
  const [issue] = parsed.error.issues
  sendMalformed(response, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

/** The body as JSON; null where it is none, or too large. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > REQUEST_BYTES_MAX) return null
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    return null
  }
}

function sendAnswer(response: ServerResponse, answer: Answer<object>): void {
  if (answer.ok) send(response, 200, answer.value)
  else send(response, 403, refusalOf(answer))
}

function refusalOf({ rule, detail }: Refusal): Failure {
  return { error: { code: 'refused', rule, detail } }
}

function sendMalformed(response: ServerResponse, detail: string): void {
  send(response, 400, { error: { code: 'malformed', detail } } satisfies Failure)
}

function send(response: ServerResponse, status: number, message: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(toJson(message))
}

/** A socket that a killed process left behind is removed. A second signer does not come this far: it finds the ops port taken. */
function listening(server: Server, listen: Listen): Promise<void> {
  if (listen.kind === 'socket') rmSync(listen.path, { force: true })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const target = listen.kind === 'socket' ? { path: listen.path } : { port: listen.port, host: listen.host }
    server.listen(target, () => {
      if (listen.kind === 'socket') chmodSync(listen.path, SOCKET_MODE)
      resolve()
    })
  })
}
