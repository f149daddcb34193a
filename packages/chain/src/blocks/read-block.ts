import type { Hash } from '@ctrip/domain/hash'
import { parseHash } from '@ctrip/domain/hash'
import {
  addressField,
  amountField,
  bytesField,
  hashField,
  hexItems,
  isHash,
  isNumber,
  MalformedHexError,
  numberField,
  objectsField,
  type RawObject,
  rawObjects,
} from '../hex'
import { check } from './check-failed'
import type { Keccak256 } from './keccak'
import { isStateSync } from './state-sync'
import type { TransactionStatus, VerifiedBlock, VerifiedLog, VerifiedTransaction } from './verified-block'

/** A block and its receipts as they came. */
export interface RawBlock {
  readonly block: RawObject
  readonly receipts: readonly RawObject[]
}

export type UnprovenBlock = Omit<VerifiedBlock, 'trust' | 'notProvable' | 'provider'>

interface Place {
  readonly blockHash: Hash
  readonly blockNumber: number
  readonly index: number
  readonly blockNumberHex: string
  readonly indexHex: string
}

/**
 * Reads a block into our types and checks that its parts agree: each transaction has its receipt, and each names this
 * block and its own place. This is the structural verification, and what a proof starts from.
 */
export function readBlock({ block, receipts }: RawBlock, keccak256: Keccak256): UnprovenBlock {
  const hash = hashField(block, 'hash')
  const number = numberField(block, 'number')
  const blockNumberHex = `0x${number.toString(16)}`
  const raw = objectsField(block, 'transactions')
  check('receipt_count', raw.length === receipts.length, `${raw.length} transactions, ${receipts.length} receipts`)
  const transactions: VerifiedTransaction[] = []
  const logs: VerifiedLog[] = []
  for (const [index, receipt] of rawObjects(receipts, 'receipts').entries()) {
    const place = { blockHash: hash, blockNumber: number, index, blockNumberHex, indexHex: `0x${index.toString(16)}` }
    const transaction = readTransaction(raw[index] as RawObject, receipt, place, keccak256)
    transactions.push(transaction)
    readLogs(logs, receipt, transaction.hash, place)
  }
  return {
    number,
    hash,
    parentHash: hashField(block, 'parentHash'),
    timestamp: numberField(block, 'timestamp'),
    transactions,
    logs,
  }
}

/** `proven` is what it will be once the roots add up. */
function readTransaction(raw: RawObject, receipt: RawObject, place: Place, keccak256: Keccak256): VerifiedTransaction {
  const hash = hashField(raw, 'hash')
  checkPlace(raw, place, `transaction ${place.index}`)
  checkPlace(receipt, place, `receipt ${place.index}`)
  check('consistency', isHash(receipt, 'transactionHash', hash), `receipt ${place.index} is another transaction's`)
  const receiptType = receipt['type'] === undefined ? null : numberField(receipt, 'type')
  check(
    'consistency',
    receiptType === null || receiptType === transactionType(raw),
    `receipt ${place.index} has another type`,
  )
  return {
    hash,
    index: place.index,
    from: addressField(raw, 'from'),
    to: raw['to'] === null || raw['to'] === undefined ? null : addressField(raw, 'to'),
    value: amountField(raw, 'value'),
    status: statusOf(receipt),
    proven: !isStateSync(raw, place.blockNumber, place.blockHash, keccak256),
  }
}

/** EIP-2718; nodes older than it leave `type` out. */
export function transactionType(raw: RawObject): number {
  return raw['type'] === undefined || raw['type'] === null ? 0 : numberField(raw, 'type')
}

function readLogs(logs: VerifiedLog[], receipt: RawObject, transactionHash: Hash, place: Place): void {
  for (const [at, raw] of objectsField(receipt, 'logs').entries()) {
    checkPlace(raw, place, `a log of receipt ${place.index}`)
    check(
      'consistency',
      isHash(raw, 'transactionHash', transactionHash),
      `a log of receipt ${place.index} is another transaction's`,
    )
    const logIndex = numberField(raw, 'logIndex')
    const before = logs.at(-1)?.logIndex ?? -1
    // Between receipts some chains leave gaps (Cronos drops a failed transaction's logs); within one, a gap is a missing log.
    const follows = at === 0 ? logIndex > before : logIndex === before + 1
    check('log_index', follows, `log ${logIndex} follows log ${before}`)
    const address = addressField(raw, 'address')
    logs.push({
      address,
      topics: readTopics(raw),
      data: bytesField(raw, 'data'),
      logIndex,
      transactionIndex: place.index,
      transactionHash,
    })
  }
}

function readTopics(log: RawObject): Hash[] {
  return hexItems(log, 'topics').map((topic) => {
    const hash = parseHash(topic)
    if (hash === null) throw new MalformedHexError('topics')
    return hash
  })
}

function checkPlace(raw: RawObject, place: Place, what: string): void {
  check('consistency', isHash(raw, 'blockHash', place.blockHash), `${what} names another block`)
  check(
    'consistency',
    isNumber(raw, 'blockNumber', place.blockNumber, place.blockNumberHex),
    `${what} names another block number`,
  )
  check('consistency', isNumber(raw, 'transactionIndex', place.index, place.indexHex), `${what} names another place`)
}

function statusOf(receipt: RawObject): TransactionStatus {
  if (receipt['status'] === undefined || receipt['status'] === null) return 'unknown'
  const status = numberField(receipt, 'status')
  check('malformed', status <= 1, `status ${status}`)
  return status === 1 ? 'succeeded' : 'failed'
}
