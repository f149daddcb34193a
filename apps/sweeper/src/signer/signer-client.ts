import { type Agent, request as httpRequest, type IncomingMessage, Agent as SocketAgent } from 'node:http'
import { request as httpsRequest, Agent as TlsAgent } from 'node:https'
import {
  authorizationAnswer,
  depositAddressAnswer,
  description,
  failure,
  type RefusalRule,
  ROUTES,
  toJson,
  transactionAnswer,
} from '@ctrip/signer-protocol/messages'
import { messageOf } from '@ctrip/telemetry/errors'
import type { z } from 'zod'

/** The signer's address: a Unix socket, or a URL with certificates on both sides. */
export type SignerAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tls'; readonly url: string; readonly cert: string; readonly key: string; readonly ca: string }

/** The signer's policy forbids this signature: asked again, it is refused again. */
export class SignerRefusedError extends Error {
  override readonly name = 'SignerRefusedError'

  constructor(
    readonly rule: RefusalRule,
    detail: string,
  ) {
    super(`the signer refuses (${rule}): ${detail}`)
  }
}

/** Nothing was signed, or the signature did not arrive. Asked again, the signer gives the same one. */
export class SignerUnavailableError extends Error {
  override readonly name = 'SignerUnavailableError'
}

/** The signer's routes, each answer checked. Throws the two errors above. */
export interface SignerClient {
  /** The signal ends the request, as if the signer were away. */
  describe(signal?: AbortSignal): Promise<z.output<typeof description>>
  depositAddress(index: number): Promise<string>
  signTransaction(request: object): Promise<z.output<typeof transactionAnswer>>
  signAuthorization(request: object): Promise<z.output<typeof authorizationAnswer>>
  close(): void
}

const TIMEOUT_MS = 10_000
const ANSWER_BYTES_MAX = 2_000_000

interface Endpoint {
  readonly agent: Agent
  send(question: Question): Promise<Reply>
}

interface Question {
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly body: string | null
  readonly signal: AbortSignal | undefined
}

interface Reply {
  readonly status: number
  readonly text: string
}

export function signerClient(address: SignerAddress): SignerClient {
  const endpoint = address.kind === 'socket' ? socketEndpoint(address) : tlsEndpoint(address)
  const ask = async <Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    body: object | null,
    signal?: AbortSignal,
  ): Promise<z.output<Schema>> => {
    const method = body === null ? 'GET' : 'POST'
    const { status, text } = await endpoint.send({ path, method, body: body && toJson(body), signal })
    const answer = parseJson(text)
    const parsed = schema.safeParse(answer)
    if (status === 200 && parsed.success) return parsed.data
    throw failureOf(status, answer)
  }
  return {
    describe: (signal) => ask(description, ROUTES.describe, null, signal),
    depositAddress: async (index) => (await ask(depositAddressAnswer, ROUTES.depositAddress, { index })).address,
    signTransaction: (request) => ask(transactionAnswer, ROUTES.transaction, request),
    signAuthorization: (request) => ask(authorizationAnswer, ROUTES.authorization, request),
    close: () => endpoint.agent.destroy(),
  }
}

function failureOf(status: number, answer: unknown): Error {
  const parsed = failure.safeParse(answer)
  if (!parsed.success) return new SignerUnavailableError(`the signer answered ${status}, and not by its protocol`)
  const { error } = parsed.data
  if (error.code === 'refused') return new SignerRefusedError(error.rule, error.detail)
  return new SignerUnavailableError(`the signer answered ${error.code}: ${error.detail}`)
}

function socketEndpoint({ path: socketPath }: Extract<SignerAddress, { kind: 'socket' }>): Endpoint {
  const agent = new SocketAgent({ keepAlive: true })
  return {
    agent,
    send: ({ body, ...question }) =>
      exchange((respond) => httpRequest({ socketPath, agent, timeout: TIMEOUT_MS, ...question }, respond), body),
  }
}

function tlsEndpoint({ url, cert, key, ca }: Extract<SignerAddress, { kind: 'tls' }>): Endpoint {
  const agent = new TlsAgent({ keepAlive: true, cert, key, ca, minVersion: 'TLSv1.3' })
  return {
    agent,
    send: ({ path, body, ...question }) =>
      exchange(
        (respond) => httpsRequest(new URL(path, url), { agent, timeout: TIMEOUT_MS, ...question }, respond),
        body,
      ),
  }
}

function exchange(
  open: (respond: (response: IncomingMessage) => void) => ReturnType<typeof httpRequest>,
  body: string | null,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(new SignerUnavailableError(`the signer cannot be asked: ${messageOf(cause)}`, { cause }))
    const request = open((response) => {
      readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), fail)
    })
    request.once('error', fail)
    request.once('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    request.end(body ?? undefined)
  })
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > ANSWER_BYTES_MAX) throw new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
