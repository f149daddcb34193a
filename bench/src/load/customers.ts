import { Interface, toQuantity } from 'ethers'
import { Pool } from 'undici'
import type { LoadChain } from './chain'

const BATCH_EVERY_MS = 25
const HEAD_EVERY_MS = 25
const FEES = { maxFeePerGas: toQuantity(10n ** 12n), maxPriorityFeePerGas: toQuantity(10n ** 9n) }
const erc20 = new Interface(['function transfer(address,uint256)'])

export interface Customers {
  /** Sends so much to an address, in coin or, without `inCoin`, in the token; resolves when the node has it. */
  pay(to: string, amount: bigint, inCoin: boolean): Promise<void>
  /** When the node had each block, by our clock. */
  blockAt(blockNumber: number): number | undefined
  stop(): Promise<void>
}

interface Waiting {
  readonly transaction: object
  readonly done: () => void
  readonly failed: (error: Error) => void
}

interface Answer {
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** Customers with money. Their payments are sent in batches and the node signs them, because a signature here costs a millisecond. */
export async function makeCustomers(chain: LoadChain): Promise<Customers> {
  const node = new Pool(chain.rpcUrl, { connections: 2 })
  const blocks = new Map<number, number>()
  let waiting: Waiting[] = []
  let nonce = Number(await ask(node, 'eth_getTransactionCount', chain.fundedAddress, 'pending'))
  const sender = setInterval(() => void sendWaiting(), BATCH_EVERY_MS)
  const watcher = setInterval(() => void noteHead(), HEAD_EVERY_MS)

  async function sendWaiting(): Promise<void> {
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    const calls = batch.map(({ transaction }, id) => call('eth_sendTransaction', [transaction], id))
    const answers = (await post(node, calls)) as Answer[]
    for (const [n, { done, failed }] of batch.entries()) {
      const { error } = answers[n] ?? { error: { message: 'no answer' } }
      if (error === undefined) done()
      else failed(new Error(error.message))
    }
  }

  async function noteHead(): Promise<void> {
    const head = Number(await ask(node, 'eth_blockNumber'))
    if (!blocks.has(head)) blocks.set(head, performance.now())
  }

  return {
    pay(to, amount, inCoin) {
      const order = inCoin
        ? { to, value: toQuantity(amount), gas: toQuantity(21_000) }
        : { to: chain.token, data: erc20.encodeFunctionData('transfer', [to, amount]), gas: toQuantity(80_000) }
      const transaction = { from: chain.fundedAddress, nonce: toQuantity(nonce++), ...FEES, ...order }
      return new Promise((done, failed) => waiting.push({ transaction, done, failed }))
    },
    blockAt: (blockNumber) => blocks.get(blockNumber),
    async stop() {
      clearInterval(sender)
      clearInterval(watcher)
      await node.close()
    },
  }
}

async function ask(node: Pool, method: string, ...params: unknown[]): Promise<unknown> {
  const { result, error } = (await post(node, call(method, params, 1))) as Answer
  if (error !== undefined) throw new Error(`${method}: ${error.message}`)
  return result
}

function call(method: string, params: readonly unknown[], id: number): object {
  return { jsonrpc: '2.0', id, method, params }
}

async function post(node: Pool, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const answer = await node.request({ method: 'POST', path: '/', headers, body: JSON.stringify(body) })
  return answer.body.json()
}
