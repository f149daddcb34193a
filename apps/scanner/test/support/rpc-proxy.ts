import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

const requestSchema = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()) })
const answerSchema = z.object({
  result: z.unknown(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
})

type Request = z.infer<typeof requestSchema>

/** What is answered: JSON-RPC, bare HTTP, or nothing at all. */
export type Answer =
  | { readonly result?: unknown; readonly error?: { readonly code: number; readonly message: string } | undefined }
  | { readonly status: number; readonly headers?: Record<string, string> }
  | 'silence'

/** Decides what to answer; `ask` asks the node behind, this or something else. */
export type Behaviour = (request: Request, ask: (request: Request) => Promise<Answer>) => Promise<Answer> | Answer

/** A provider that may lie, lag or fail: an HTTP server in front of a real node. */
export interface RpcProxy {
  readonly url: string
  readonly asked: Request[]
  /** What stands behind it: providers may see different branches. */
  target: string
  behave(behaviour: Behaviour | null): void
  close(): Promise<void>
}

export async function startProxy(target: string): Promise<RpcProxy> {
  let behaviour: Behaviour | null = null
  const server = createServer((message, response) => {
    serve(message, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: RpcProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    target,
    behave: (next) => {
      behaviour = next
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    const request = requestSchema.parse(JSON.parse(Buffer.concat(chunks).toString()))
    proxy.asked.push(request)
    const ask = (asked: Request) => forward(proxy.target, asked)
    const answer = await (behaviour === null ? ask(request) : behaviour(request, ask))
    if (answer === 'silence') return
    if ('status' in answer) return void response.writeHead(answer.status, answer.headers).end()
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id: request.id, ...answer }))
  }
}

async function forward(target: string, request: Request): Promise<Answer> {
  const response = await fetch(target, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', ...request }),
  })
  const { result, error } = answerSchema.parse(await response.json())
  return error === undefined ? { result } : { error }
}
