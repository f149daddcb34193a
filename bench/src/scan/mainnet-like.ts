import { randomBytes } from 'node:crypto'
import { encodeHeader } from '@ctrip/chain/blocks/encode-header'
import { encodeReceipt } from '@ctrip/chain/blocks/encode-receipt'
import { encodeTransaction } from '@ctrip/chain/blocks/encode-transaction'
import type { Keccak256 } from '@ctrip/chain/blocks/keccak'
import { RlpWriter } from '@ctrip/chain/blocks/rlp-writer'
import { trieRoot } from '@ctrip/chain/blocks/trie-root'

/** Like Ethereum's mainnet. */
export const MAINNET_LIKE: BlockSize = { transactions: 300, logs: 1_000 }
const BLOOM = `0x${'5a'.repeat(256)}`
const TRANSFER_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'
/** Placeholders in a template's JSON for the block's own values. */
const HASH_PLACE = '@hash'
const NUMBER_PLACE = '@number'

export interface BlockSize {
  readonly transactions: number
  readonly logs: number
}

export interface ContentOptions {
  readonly keccak256: Keccak256
  readonly size: BlockSize
  readonly token: string
  /** An address of ours, which one transaction and one token transfer of the block pay; null: it pays no address of ours. */
  readonly pays: string | null
}

/** The contents of a block, as JSON without its position. Each transaction's first log is of a configured token. */
export interface Content {
  readonly transactions: string
  readonly receipts: string
  readonly transactionsRoot: string
  readonly receiptsRoot: string
}

export interface ReplayBlock {
  readonly number: number
  readonly hash: string
  readonly header: Record<string, string>
  readonly content: Content
}

export function makeContent({ keccak256, size, token, pays }: ContentOptions): Content {
  const writer = new RlpWriter()
  const transactions = Array.from({ length: size.transactions }, (_, at) => makeTransaction(at, at === 7 ? pays : null))
  const encoded = transactions.map((transaction) => encodeTransaction(writer, transaction, 2))
  const hashes = encoded.map((bytes) => hex(keccak256(bytes)))
  const receipts = transactions.map((_, at) => makeReceipt(size, at, token, at === 11 ? pays : null))
  let logIndex = 0
  const place = (at: number) => ({ blockHash: HASH_PLACE, blockNumber: NUMBER_PLACE, transactionIndex: quantity(at) })
  const placedLogs = (at: number, logs: readonly object[]) =>
    logs.map((log) => ({ ...log, ...place(at), transactionHash: hashes[at], logIndex: quantity(logIndex++) }))
  return {
    transactions: JSON.stringify(transactions.map((one, at) => ({ ...one, hash: hashes[at], ...place(at) }))),
    receipts: JSON.stringify(
      receipts.map((one, at) => ({
        ...one,
        ...place(at),
        transactionHash: hashes[at],
        logs: placedLogs(at, one.logs),
      })),
    ),
    transactionsRoot: hex(trieRoot(encoded, keccak256)),
    receiptsRoot: hex(
      trieRoot(
        receipts.map((receipt) => encodeReceipt(writer, receipt, 2)),
        keccak256,
      ),
    ),
  }
}

/** A chain of blocks, each with the contents that `contentOf` gives it. */
export function makeChain(keccak256: Keccak256, length: number, contentOf: (number: number) => Content): ReplayBlock[] {
  const blocks: ReplayBlock[] = []
  const writer = new RlpWriter()
  for (let number = 0; number < length; number++) {
    const content = contentOf(number)
    const header = makeHeader(number, blocks.at(-1)?.hash ?? `0x${'00'.repeat(32)}`, content)
    blocks.push({ number, header, content, hash: hex(keccak256(encodeHeader(writer, header))) })
  }
  return blocks
}

export function blockJson({ hash, number, header, content }: ReplayBlock, full: boolean): string {
  const head = JSON.stringify({ ...header, hash, uncles: [] }).slice(0, -1)
  return `${head},"transactions":${full ? inPlace(content.transactions, hash, number) : '[]'}}`
}

export function receiptsJson({ hash, number, content }: ReplayBlock): string {
  return inPlace(content.receipts, hash, number)
}

function inPlace(json: string, hash: string, number: number): string {
  return json.replaceAll(HASH_PLACE, hash).replaceAll(NUMBER_PLACE, quantity(number))
}

function makeTransaction(at: number, to: string | null) {
  return {
    ...{ type: '0x2', chainId: '0x7a69', nonce: quantity(at), gas: '0x30d40', from: random(20), to: to ?? random(20) },
    ...{ value: quantity(10 ** 9 + at), input: random(68), accessList: [], maxPriorityFeePerGas: '0x3b9aca00' },
    ...{
      maxFeePerGas: '0x77359400',
      yParity: '0x1',
      v: '0x1',
      r: `0x1${random(31).slice(2)}`,
      s: `0x1${random(31).slice(2)}`,
    },
  }
}

function makeReceipt({ transactions, logs: all }: BlockSize, at: number, token: string, pays: string | null) {
  const count = Math.floor(((at + 1) * all) / transactions) - Math.floor((at * all) / transactions)
  const logs = Array.from({ length: count }, (_, log) => ({
    address: log === 0 ? token : random(20),
    topics: [TRANSFER_TOPIC, topic(random(20)), topic(log === 0 ? (pays ?? random(20)) : random(20))],
    data: `0x${quantity(1_000_000 + at)
      .slice(2)
      .padStart(64, '0')}`,
  }))
  return { type: '0x2', status: '0x1', cumulativeGasUsed: quantity(21_000 * (at + 1)), logsBloom: BLOOM, logs }
}

function makeHeader(number: number, parentHash: string, { transactionsRoot, receiptsRoot }: Content) {
  return {
    ...{ parentHash, sha3Uncles: random(32), miner: random(20), stateRoot: random(32), transactionsRoot, receiptsRoot },
    ...{ logsBloom: BLOOM, difficulty: '0x0', number: quantity(number), gasLimit: '0x1c9c380', gasUsed: '0xe4e1c0' },
    ...{
      timestamp: quantity(1_790_000_000 + number),
      extraData: '0x',
      mixHash: random(32),
      nonce: '0x0000000000000000',
    },
    ...{ baseFeePerGas: '0x3b9aca00' },
  }
}

function topic(address: string): string {
  return `0x${address.slice(2).padStart(64, '0')}`
}

function random(bytes: number): string {
  return hex(randomBytes(bytes))
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`
}

function quantity(value: number): string {
  return `0x${value.toString(16)}`
}
