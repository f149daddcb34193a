import type { RawObject } from '../hex'
import { type BlockCodec, codecOf } from './block-codec'
import { NotProvable } from './check-failed'
import type { RlpWriter } from './rlp-writer'
import { writeFields } from './write-fields'

/**
 * EIP-2718 bytes of a transaction in a block: keccak-256 of them is its hash, and they are its value in the trie. Throws NotProvable for a
 * type that the chain's family does not have.
 */
export function encodeTransaction(
  writer: RlpWriter,
  transaction: RawObject,
  type: number,
  { transactionTypes }: BlockCodec = codecOf('ethereum'),
): Uint8Array {
  const known = transactionTypes.get(type)
  if (known === undefined) throw new NotProvable(`transaction type 0x${type.toString(16)}`)
  if (type > 0) writer.raw(Uint8Array.of(type))
  writer.list(() => writeFields(writer, transaction, known.fields))
  return writer.take()
}
