import { hexField, optionalHexField, type RawObject } from '../hex'
import type { RlpWriter } from './rlp-writer'

type Encoding = 'bytes' | 'quantity'

const FIELDS: readonly (readonly [string, Encoding])[] = [
  ['parentHash', 'bytes'],
  ['sha3Uncles', 'bytes'],
  ['miner', 'bytes'],
  ['stateRoot', 'bytes'],
  ['transactionsRoot', 'bytes'],
  ['receiptsRoot', 'bytes'],
  ['logsBloom', 'bytes'],
  ['difficulty', 'quantity'],
  ['number', 'quantity'],
  ['gasLimit', 'quantity'],
  ['gasUsed', 'quantity'],
  ['timestamp', 'quantity'],
  ['extraData', 'bytes'],
  ['mixHash', 'bytes'],
  ['nonce', 'bytes'],
]

/** Each fork added its fields at the end: London, Shanghai, Cancun (EIP-4844, EIP-4788), Prague (EIP-7685). */
const FORK_FIELDS: readonly (readonly [string, Encoding])[] = [
  ['baseFeePerGas', 'quantity'],
  ['withdrawalsRoot', 'bytes'],
  ['blobGasUsed', 'quantity'],
  ['excessBlobGas', 'quantity'],
  ['parentBeaconBlockRoot', 'bytes'],
  ['requestsHash', 'bytes'],
]

/** What stands beside the header in a block's JSON. */
const BESIDE_HEADER = ['hash', 'size', 'totalDifficulty', 'transactions', 'uncles', 'withdrawals']
const KNOWN = new Set([...FIELDS, ...FORK_FIELDS].map(([field]) => field).concat(BESIDE_HEADER))

/** RLP of the block's header, whose keccak-256 is the block's hash. */
export function encodeHeader(writer: RlpWriter, block: RawObject): Uint8Array {
  const present = FORK_FIELDS.map(([field]) => optionalHexField(block, field))
  const last = present.findLastIndex((value) => value !== null)
  writer.list(() => {
    for (const [field, encoding] of FIELDS) writeField(writer, encoding, hexField(block, field))
    // Some chains skip a field (Polygon has no withdrawals): before a later one, its place is kept by an empty string.
    for (const [at, [, encoding]] of FORK_FIELDS.slice(0, last + 1).entries()) {
      writeField(writer, encoding, present[at] ?? '0x')
    }
  })
  return writer.take()
}

/** Fields that we do not know: a future fork's, or another kind of chain's. Foreign names, so only tame ones are repeated. */
export function unknownHeaderFields(block: RawObject): string[] {
  return Object.keys(block)
    .filter((field) => !KNOWN.has(field))
    .map((field) => (/^\w{1,40}$/.test(field) ? field : 'unprintable'))
    .slice(0, 5)
}

function writeField(writer: RlpWriter, encoding: Encoding, value: string): void {
  if (encoding === 'bytes') writer.hex(value)
  else writer.quantity(value)
}
