import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen, readBody } from '@ctrip/local-stack/http-server'
import { jsonRpc, NodeError, toHex } from './json-rpc'
import { type Lies, tamper } from './lies'
import type { Random } from './random'

/** The current behaviour of a provider. */
export type ProviderBehaviour = 'honest' | 'slow' | 'lagging' | 'lying' | 'dropping' | 'rate_limiting' | 'dead'

const BODY_BYTES_MAX = 4 * 1024 * 1024
const LAG_BLOCKS = 4
const SLOW_MS_MAX = 1_500

export interface RpcProxy {
  readonly url: string
  mood(mood: ProviderBehaviour): void
  stop(): Promise<void>
}

interface RpcRequest {
  readonly id: number | string
  readonly method: string
  readonly params: readonly unknown[]
}

/** A provider: a proxy in front of our node that sometimes misbehaves. */
export async function startRpcProxy(nodeUrl: string, random: Random, lies: Lies): Promise<RpcProxy> {
  let mood: ProviderBehaviour = 'honest'
  const server = createServer((message, response) => {
    serve(message, response).catch(() => response.destroy()) // the node or the client is away: cut the connection
  })

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = JSON.parse((await readBody(message, BODY_BYTES_MAX)).toString()) as RpcRequest
    // The behaviour at the time of the request: a slow provider must not join another's lie a second later.
    const now = mood
    if (now === 'dead' || (now === 'dropping' && random.chance(0.4))) return void response.destroy()
    if (now === 'rate_limiting' && random.chance(0.6))
      return void response.writeHead(429, { 'retry-after': '1' }).end('slow down')
    if (now === 'slow') await sleep(random.between(50, SLOW_MS_MAX))
    const answer = await answerOf(request, now)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id: request.id, ...answer }))
  }

  async function answerOf(request: RpcRequest, now: ProviderBehaviour): Promise<object> {
    try {
      if (now === 'lagging') return { result: await behind(nodeUrl, request) }
      // A lie about a sent transaction: accepted, and discarded.
      const swallows = now === 'lying' && request.method === 'eth_sendRawTransaction' && random.chance(0.3)
      if (swallows) return { result: lies.hashOf(String(request.params[0])) }
      const result = await jsonRpc<unknown>(nodeUrl, request.method, ...request.params)
      return { result: now === 'lying' ? tamper(request.method, result, random, lies) : result }
    } catch (error) {
      if (error instanceof NodeError) return { error: { code: -32000, message: error.message } }
      throw error
    }
  }

  const { url, stop } = await listen(server, 0)
  return {
    url,
    mood: (next) => {
      mood = next
    },
    stop,
  }
}

/** A node that lags behind the newest blocks. */
async function behind(nodeUrl: string, { method, params }: RpcRequest): Promise<unknown> {
  const known = Math.max(0, Number(await jsonRpc<string>(nodeUrl, 'eth_blockNumber')) - LAG_BLOCKS)
  if (method === 'eth_blockNumber') return toHex(known)
  const translated = params.map((param) => (param === 'latest' || param === 'pending' ? toHex(known) : param))
  const asked = method === 'eth_getBlockByNumber' ? Number(translated[0]) : 0
  if (asked > known) return null
  const result = await jsonRpc<unknown>(nodeUrl, method, ...translated)
  return isNewer(result, known) ? null : result
}

/** Whether a result is a block, receipt or transaction (or a list of them) of a block that a lagging node cannot know. */
function isNewer(result: unknown, known: number): boolean {
  const one: unknown = Array.isArray(result) ? result[0] : result
  if (typeof one !== 'object' || one === null) return false
  const { number, blockNumber } = one as { number?: string; blockNumber?: string }
  return Number(number ?? blockNumber ?? 0) > known
}
