import type { RawObject } from '../hex'
import { type BlockCodec, codecOf } from './block-codec'
import { NotProvable } from './check-failed'
import type { RlpWriter } from './rlp-writer'
import { writeFields } from './write-fields'

/** Fields of a block's JSON that are not in the header: on all chains, BNB Smart Chain, Sonic, Arbitrum, Avalanche. */
const BESIDE_HEADER = [
  ...['hash', 'size', 'totalDifficulty', 'transactions', 'uncles', 'withdrawals'],
  ...['milliTimestamp', 'timestampNano', 'epoch', 'l1BlockNumber', 'sendCount', 'sendRoot', 'blockExtraData'],
]

/** RLP of the block's header, whose keccak-256 is the block's hash. Throws NotProvable for a family that cannot be proven. */
export function encodeHeader(
  writer: RlpWriter,
  block: RawObject,
  { header }: BlockCodec = codecOf('ethereum'),
): Uint8Array {
  if (header === null) throw new NotProvable('blocks of this chain are not encoded as Ethereum blocks')
  writer.list(() => writeFields(writer, block, header))
  return writer.take()
}

/** Fields that we do not know: a future fork's, or another kind of chain's. Foreign names, so only tame ones are repeated. */
export function unknownHeaderFields(block: RawObject, { header }: BlockCodec): string[] {
  const fields = header === null ? [] : [...header.always, ...header.trailing]
  const known = new Set([...BESIDE_HEADER, ...fields.map(([name]) => name)])
  return Object.keys(block)
    .filter((field) => !known.has(field))
    .map((field) => (/^\w{1,40}$/.test(field) ? field : 'unprintable'))
    .slice(0, 5)
}
