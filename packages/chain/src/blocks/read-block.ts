import type { Address } from '@ctrip/domain/address'
import { ZERO } from '@ctrip/domain/amount'
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
import { type BlockCodec, codecOf } from './block-codec'
import { check } from './check-failed'
import { isCredibleTime } from './credible-time'
import { readOutcome } from './encode-receipt'
import type { Keccak256 } from './keccak'
import { isStateSync } from './state-sync'
import type { TransactionType } from './transaction-types'
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
  readonly isLast: boolean
}

/**
 * Reads a block into our types and checks that its parts agree: each transaction has its receipt, and each names this
 * block and its own place. This is the structural verification, and what a proof starts from.
 */
export function readBlock(
  { block, receipts }: RawBlock,
  keccak256: Keccak256,
  codec: BlockCodec = codecOf('ethereum'),
): UnprovenBlock {
  const hash = hashField(block, 'hash')
  const number = numberField(block, 'number')
  const timestamp = numberField(block, 'timestamp')
  check('consistency', isCredibleTime(timestamp), `it is dated ${timestamp}, more than a day ahead of our clock`)
  const blockNumberHex = `0x${number.toString(16)}`
  const raw = objectsField(block, 'transactions')
  check('receipt_count', raw.length === receipts.length, `${raw.length} transactions, ${receipts.length} receipts`)
  const transactions: VerifiedTransaction[] = []
  const logs: VerifiedLog[] = []
  for (const [index, receipt] of rawObjects(receipts, 'receipts').entries()) {
    const isLast = index === raw.length - 1
    const indexHex = `0x${index.toString(16)}`
    const place = { blockHash: hash, blockNumber: number, index, blockNumberHex, indexHex, isLast }
    const transaction = readTransaction(raw[index] as RawObject, receipt, place, keccak256, codec)
    transactions.push(transaction)
    readLogs(logs, receipt, transaction.hash, place)
  }
  return {
    number,
    hash,
    parentHash: hashField(block, 'parentHash'),
    timestamp,
    transactions,
    logs,
  }
}

/** `proven` is what it will be once the roots add up. */
function readTransaction(
  raw: RawObject,
  receipt: RawObject,
  place: Place,
  keccak256: Keccak256,
  codec: BlockCodec,
): VerifiedTransaction {
  const hash = hashField(raw, 'hash')
  checkPlace(raw, place, `transaction ${place.index}`)
  checkPlace(receipt, place, `receipt ${place.index}`)
  check('consistency', isHash(receipt, 'transactionHash', hash), `receipt ${place.index} is another transaction's`)
  const type = transactionType(raw)
  const receiptType = isAbsent(receipt, 'type') ? type : numberField(receipt, 'type')
  check('consistency', receiptType === type, `receipt ${place.index} has another type`)
  const outsideRoots =
    codec.showsStateSync && place.isLast && isStateSync(raw, place.blockNumber, place.blockHash, keccak256)
  return {
    hash,
    index: place.index,
    ...readMove(raw, type, codec),
    status: statusOf(receipt),
    proven: !outsideRoots,
    ...signedBy(raw, type, codec),
  }
}

/**
 * Reads sender, recipient and value, each from a field that the type's encoding has, or as the type always has it. A field that the node
 * only shows beside the encoding would be its word in a proven block.
 */
function readMove(
  raw: RawObject,
  type: number,
  { transactionTypes }: BlockCodec,
): Pick<VerifiedTransaction, 'from' | 'to' | 'value'> {
  const known = transactionTypes.get(type)
  const sender = known?.sender ?? 'signature'
  const to = known?.to ?? 'encoded'
  return {
    from: sender === 'signature' || sender === 'encoded' ? addressField(raw, 'from') : sender,
    to: to === 'encoded' ? recipientOf(raw) : to,
    value: movesNothing(raw, known) ? ZERO : amountField(raw, 'value'),
  }
}

/** A type that we do not know may have no value of its own, as Tempo's batches of calls (0x76). */
function movesNothing(raw: RawObject, known: TransactionType | undefined): boolean {
  return known === undefined ? isAbsent(raw, 'value') : !known.movesValue
}

function signedBy(raw: RawObject, type: number, { transactionTypes }: BlockCodec): Pick<VerifiedTransaction, 'signed'> {
  const known = transactionTypes.get(type)
  return known?.sender === 'signature' ? { signed: { raw, type, fields: known.fields } } : {}
}

function recipientOf(raw: RawObject): Address | null {
  return isAbsent(raw, 'to') ? null : addressField(raw, 'to')
}

function isAbsent(raw: RawObject, field: string): boolean {
  return raw[field] === undefined || raw[field] === null
}

/** EIP-2718; nodes older than it leave `type` out. */
export function transactionType(raw: RawObject): number {
  return isAbsent(raw, 'type') ? 0 : numberField(raw, 'type')
}

function readLogs(logs: VerifiedLog[], receipt: RawObject, transactionHash: Hash, place: Place): void {
  // Some chains count from 0 in each transaction (Stable). An index is only a name for the place, so these are numbered on.
  let offset = 0
  for (const [at, raw] of objectsField(receipt, 'logs').entries()) {
    checkPlace(raw, place, `a log of receipt ${place.index}`)
    check(
      'consistency',
      isHash(raw, 'transactionHash', transactionHash),
      `a log of receipt ${place.index} is another transaction's`,
    )
    const shown = numberField(raw, 'logIndex')
    const before = logs.at(-1)?.logIndex ?? -1
    if (at === 0 && shown === 0) offset = before + 1
    const logIndex = shown + offset
    // Between receipts some chains leave gaps (Cronos drops a failed transaction's logs); within one, a gap is a missing log.
    const follows = at === 0 ? logIndex > before : logIndex === before + 1
    check('log_index', follows, `log ${shown} follows log ${before}`)
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
  const outcome = readOutcome(receipt)
  if (outcome.kind === 'root') return 'unknown'
  return outcome.succeeded ? 'succeeded' : 'failed'
}
