import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

const requestSchema = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()) })

type JsonRpcRequest = z.infer<typeof requestSchema>

/** What the proxy answers: a JSON-RPC result or error, bare HTTP, or nothing at all. */
type ProxyAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: string | undefined } }
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'silence'
  | 'hang up'

/** Decides what to answer; `honest` asks the real node. */
export type Behaviour = (request: JsonRpcRequest, honest: () => Promise<unknown>) => Promise<ProxyAnswer> | ProxyAnswer

export interface StandIn {
  readonly url: string
  /** The methods asked for, in order. */
  readonly asked: string[]
  behave(behaviour: Behaviour): void
  close(): Promise<void>
}

export const HONEST: Behaviour = async (_request, honest) => ({ result: await honest() })

/** A provider that may lie: an HTTP server in front of a real node. */
export async function startProxy(target: string, behaviour: Behaviour = HONEST): Promise<StandIn> {
  const asked: string[] = []
  let current = behaviour
  const server = createServer((request, response) => {
    void serve(request, response, target, asked, (...args) => current(...args)).catch((error: unknown) =>
      response.destroy(error as Error),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    behave: (next) => {
      current = next
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  target: string,
  asked: string[],
  behave: Behaviour,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const request = requestSchema.parse(JSON.parse(Buffer.concat(chunks).toString()))
  asked.push(request.method)
  const answer = await behaved(request, target, behave)
  if (answer === 'silence') return
  if (answer === 'hang up') return void response.destroy()
  if ('status' in answer) return void response.writeHead(answer.status, answer.headers).end(answer.body)
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', id: request.id, ...answer }))
}

async function behaved(request: JsonRpcRequest, target: string, behave: Behaviour): Promise<ProxyAnswer> {
  try {
    return await behave(request, () => forward(target, request))
  } catch (error) {
    if (error instanceof HonestError) return error.answer
    throw error
  }
}

const nodeErrorSchema = z.object({ code: z.number(), message: z.string(), data: z.string().optional() })
const answerSchema = z.union([z.object({ error: nodeErrorSchema }), z.object({ result: z.unknown() })])

/** The real node's own error: passed on, where a behaviour does not catch it. */
class HonestError extends Error {
  constructor(
    readonly answer: {
      readonly error: { readonly code: number; readonly message: string; readonly data?: string | undefined }
    },
  ) {
    super(answer.error.message)
  }
}

async function forward(target: string, request: JsonRpcRequest): Promise<unknown> {
  const response = await fetch(target, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', ...request }),
  })
  const answer = answerSchema.parse(await response.json())
  if ('error' in answer) throw new HonestError(answer)
  return answer.result
}
