import { encodeHeader } from '@ctrip/chain/blocks/encode-header'
import { encodeReceipt } from '@ctrip/chain/blocks/encode-receipt'
import { encodeTransaction } from '@ctrip/chain/blocks/encode-transaction'
import type { Keccak256 } from '@ctrip/chain/blocks/keccak'
import type { RawBlock } from '@ctrip/chain/blocks/read-block'
import { RlpWriter } from '@ctrip/chain/blocks/rlp-writer'
import { trieRoot } from '@ctrip/chain/blocks/trie-root'
import type { TransactionTrace } from '@ctrip/chain/call-trace'
import { amount } from '@ctrip/domain/amount'
import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import type { Random } from './random'
import { type Move, quantity, type SimTransaction } from './transactions'

/** How one block included a transaction: another may include it elsewhere, and with another outcome. */
export interface Inclusion {
  readonly transaction: SimTransaction
  readonly succeeded: boolean
}

/** A block of the tree, as a node would serve it, with what it truly moves. */
export interface SimBlock {
  readonly number: number
  readonly hash: Hash
  readonly parent: SimBlock | null
  readonly timestamp: number
  readonly raw: RawBlock
  readonly inclusions: readonly Inclusion[]
  readonly traces: readonly TransactionTrace[]
}

const EMPTY = `0x${'00'.repeat(32)}`
const BLOOM = `0x${'00'.repeat(256)}`

/** Makes a block that adds up: roots and hash are those of its contents. */
export function sealBlock(
  random: Random,
  keccak256: Keccak256,
  parent: SimBlock | null,
  timestamp: number,
  inclusions: readonly Inclusion[],
): SimBlock {
  const number = parent === null ? 0 : parent.number + 1
  const writer = new RlpWriter()
  const receipts = inclusions.map(toReceipt)
  const root = (values: readonly Uint8Array[]) => hashFromBytes(trieRoot(values, keccak256))
  const header = {
    ...{ parentHash: parent?.hash ?? EMPTY, sha3Uncles: EMPTY, miner: `0x${'00'.repeat(20)}`, stateRoot: EMPTY },
    transactionsRoot: root(inclusions.map(({ transaction }) => encodeTransaction(writer, transaction.raw, 2))),
    receiptsRoot: root(receipts.map((receipt) => encodeReceipt(writer, receipt, 2))),
    ...{ logsBloom: BLOOM, difficulty: '0x0', number: quantity(number), gasLimit: '0x1c9c380', gasUsed: '0x0' },
    // Two blocks of the same contents are still two.
    ...{ timestamp: quantity(timestamp), extraData: random.hex(8), mixHash: EMPTY, nonce: '0x0000000000000000' },
  }
  const hash = hashFromBytes(keccak256(encodeHeader(writer, header)))
  return {
    ...{ number, hash, parent, timestamp, inclusions },
    raw: placed(hash, number, header, inclusions, receipts),
    traces: inclusions.map(toTrace),
  }
}

function placed(
  hash: Hash,
  number: number,
  header: Record<string, unknown>,
  inclusions: readonly Inclusion[],
  receipts: readonly ReturnType<typeof toReceipt>[],
): RawBlock {
  let logIndex = 0
  const place = (at: number) => ({ blockHash: hash, blockNumber: quantity(number), transactionIndex: quantity(at) })
  return {
    block: {
      ...header,
      hash,
      transactions: inclusions.map(({ transaction }, at) => ({
        ...transaction.raw,
        hash: transaction.hash,
        ...place(at),
      })),
    },
    receipts: receipts.map((receipt, at) => {
      const transactionHash = inclusions[at]?.transaction.hash
      const logs = receipt.logs.map((log) => ({
        ...log,
        ...place(at),
        transactionHash,
        logIndex: quantity(logIndex++),
      }))
      return { ...receipt, ...place(at), transactionHash, logs }
    }),
  }
}

function toReceipt({ transaction, succeeded }: Inclusion) {
  return {
    ...{ type: '0x2', status: succeeded ? '0x1' : '0x0', cumulativeGasUsed: '0x5208', logsBloom: BLOOM },
    logs: succeeded ? transaction.logs : [],
  }
}

function toTrace({ transaction, succeeded }: Inclusion): TransactionTrace {
  const { from, to, value, calls } = transaction
  const root = { type: 'CALL', from, to, value: amount(value), reverted: !succeeded, calls }
  return { transactionHash: transaction.hash, root }
}

/** From the block down to, and without, `floor`. */
export function* branch(tip: SimBlock, floor = -1): Generator<SimBlock> {
  for (let block: SimBlock | null = tip; block !== null && block.number > floor; block = block.parent) yield block
}

export function ancestorAt(tip: SimBlock, number: number): SimBlock | null {
  for (const block of branch(tip, number - 1)) if (block.number === number) return block
  return null
}

export function commonAncestor(a: SimBlock, b: SimBlock): SimBlock {
  const ofA = new Set([...branch(a)].map(({ hash }) => hash))
  for (const block of branch(b)) if (ofA.has(block.hash)) return block
  throw new Error('two chains without a common block')
}

/** What a block truly moves. */
export function movesOf({ inclusions }: SimBlock): (Move & { readonly txHash: Hash })[] {
  return inclusions.flatMap(({ transaction, succeeded }) =>
    succeeded ? transaction.moves.map((move) => ({ ...move, txHash: transaction.hash })) : [],
  )
}
