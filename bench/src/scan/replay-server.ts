import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { listen } from '@ctrip/local-stack/http-server'
import { blockJson, type ReplayBlock, receiptsJson } from './mainnet-like'

interface Request {
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[]
}

/** A node that only replays: JSON-RPC over a chain made beforehand, up to a head that can be moved. */
export interface ReplayServer {
  readonly url: string
  /** The number of calls of each method for full blocks, receipts or traces. */
  readonly calls: Map<string, number>
  head: number
  stop(): Promise<void>
}

export async function startReplay(blocks: readonly ReplayBlock[], chainId: number): Promise<ReplayServer> {
  const calls = new Map<string, number>()
  const byHash = new Map(blocks.map((block) => [block.hash, block]))
  const replay = { calls, head: 0 }
  const server = createServer((message, response) => {
    void text(message).then((body) => {
      const request = JSON.parse(body) as Request
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(`{"jsonrpc":"2.0","id":${request.id},${answer(request)}}`)
    })
  })

  function answer({ method, params }: Request): string {
    const [key, detail] = params
    if (method === 'eth_chainId') return `"result":"0x${chainId.toString(16)}"`
    if (method === 'eth_getBlockReceipts') return counted(method, find(key), receiptsJson)
    if (method === 'eth_getBlockByHash') return counted(method, find(key), (block) => blockJson(block, detail === true))
    if (method !== 'eth_getBlockByNumber') return '"error":{"code":-32601,"message":"the method does not exist"}'
    const block = blocks[key === 'latest' || key === 'finalized' ? replay.head : Number(key)]
    if (detail === true) return counted(method, block, (found) => blockJson(found, true))
    return `"result":${block === undefined || block.number > replay.head ? 'null' : blockJson(block, false)}`
  }

  function counted(method: string, block: ReplayBlock | undefined, render: (block: ReplayBlock) => string): string {
    if (block === undefined || block.number > replay.head) return '"result":null'
    calls.set(method, (calls.get(method) ?? 0) + 1)
    return `"result":${render(block)}`
  }

  function find(hash: unknown): ReplayBlock | undefined {
    return typeof hash === 'string' ? byHash.get(hash) : undefined
  }

  return Object.assign(replay, await listen(server, 0))
}
