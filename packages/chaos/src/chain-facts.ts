import { jsonRpc, toHex } from './json-rpc'
import { PAYER, type TestChain } from './test-chain'

/** Keccak of Transfer(address,address,uint256). */
const TRANSFER = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'

/** A movement of money on the canonical chain, to or from an address that we watch. */
export interface Movement {
  readonly chain: string
  readonly asset: 'ETH' | 'USDC'
  readonly kind: 'native' | 'internal' | 'erc20'
  readonly txHash: string
  readonly from: string
  readonly to: string
  readonly amount: bigint
}

export interface ChainFacts {
  readonly movements: readonly Movement[]
  /** The fees that each sender paid, in wei. */
  readonly feesPaid: ReadonlyMap<string, bigint>
}

interface Block {
  transactions: { hash: string; from: string; to: string | null; value: string; input: string }[]
}
interface Receipt {
  transactionHash: string
  from: string
  status: string
  gasUsed: string
  effectiveGasPrice: string
  logs: { address: string; topics: string[]; data: string }[]
}

/** Reads a whole chain, block by block, from a node of our own. Shares no code with the scanner. */
export async function readChain(chain: TestChain): Promise<ChainFacts> {
  const head = Number(await jsonRpc<string>(chain.nodeUrl, 'eth_blockNumber'))
  const movements: Movement[] = []
  const feesPaid = new Map<string, bigint>()
  for (let number = 1; number <= head; number++) {
    const block = await jsonRpc<Block>(chain.nodeUrl, 'eth_getBlockByNumber', toHex(number), true)
    if (block.transactions.length === 0) continue
    const receipts = await jsonRpc<Receipt[]>(chain.nodeUrl, 'eth_getBlockReceipts', toHex(number))
    for (const receipt of receipts) {
      const fee = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice)
      feesPaid.set(receipt.from, (feesPaid.get(receipt.from) ?? 0n) + fee)
      if (receipt.status === '0x1') movements.push(...tokenMovements(chain, receipt))
    }
    const succeeded = new Set(
      receipts.filter(({ status }) => status === '0x1').map((receipt) => receipt.transactionHash),
    )
    for (const transaction of block.transactions) {
      if (!succeeded.has(transaction.hash)) continue
      movements.push(...coinMovements(chain, transaction))
    }
  }
  return { movements, feesPaid }
}

/** The chain's clock: the time of its newest block. */
export async function readChainTimeMs({ nodeUrl }: TestChain): Promise<number> {
  const { timestamp } = await jsonRpc<{ timestamp: string }>(nodeUrl, 'eth_getBlockByNumber', 'latest', false)
  return Number(timestamp) * 1_000
}

function tokenMovements({ name, token }: TestChain, { logs, transactionHash }: Receipt): Movement[] {
  const ours = logs.filter(
    ({ address, topics }) =>
      address.toLowerCase() === token?.toLowerCase() && topics.length === 3 && topics[0] === TRANSFER,
  )
  return ours.map(({ topics, data }) => ({
    chain: name,
    asset: 'USDC',
    kind: 'erc20',
    txHash: transactionHash,
    from: `0x${topics[1]?.slice(26)}`,
    to: `0x${topics[2]?.slice(26)}`,
    amount: BigInt(data),
  }))
}

function coinMovements(chain: TestChain, sent: Block['transactions'][number]): Movement[] {
  const base = { chain: chain.name, asset: 'ETH' as const, txHash: sent.hash }
  const value = BigInt(sent.value)
  if (value === 0n || sent.to === null) return []
  const own: Movement = { ...base, kind: 'native', from: sent.from, to: sent.to, amount: value }
  // Only this contract of ours passes coin on. Its call data names the receiver, because Anvil cannot trace a block of half an hour ago.
  if (sent.to.toLowerCase() !== chain.payerContract?.toLowerCase()) return [own]
  const [receivers, each] = PAYER.decodeFunctionData('payAll', sent.input) as unknown[] as [string[], bigint]
  const passedOn = receivers.map((to) => ({ ...base, kind: 'internal' as const, from: own.to, to: to.toLowerCase() }))
  return [own, ...passedOn.map((moved) => ({ ...moved, amount: each }))]
}
