import { hashField, MalformedHexError, numberField } from '../hex'
import { type BlockCodec, codecOf } from './block-codec'
import type { BlockRef } from './block-ref'
import { type BlockCheck, CheckFailed, check, NotProvable } from './check-failed'
import type { Keccak256 } from './keccak'
import { proveBlock } from './prove-block'
import { type RawBlock, readBlock, type UnprovenBlock } from './read-block'

/**
 * `consistent`: the parts agree with each other, and no proof was asked for. `notProvable`: the same, and the proof that was asked
 * for cannot be had. `refused`: the parts disagree, or they do not belong to the block's hash; `block` is null in the first case.
 */
export type Verification =
  | { readonly kind: 'proven'; readonly block: UnprovenBlock }
  | { readonly kind: 'consistent'; readonly block: UnprovenBlock }
  | { readonly kind: 'notProvable'; readonly block: UnprovenBlock; readonly reason: string }
  | {
      readonly kind: 'refused'
      readonly check: BlockCheck
      readonly detail: string
      readonly block: UnprovenBlock | null
    }

/** Judges what a provider sent for a block of a chain with this codec. Pure; throws nothing for what comes from outside. */
export function verifyBlock(
  ref: BlockRef,
  raw: RawBlock,
  verify: 'proof' | 'structural',
  keccak256: Keccak256,
  codec: BlockCodec = codecOf('ethereum'),
): Verification {
  const read = readRequested(ref, raw, keccak256, codec)
  if (read.kind === 'refused') return read
  if (verify === 'structural') return { kind: 'consistent', block: unproven(read.block) }
  return proof(read.block, raw, keccak256, codec)
}

function readRequested(ref: BlockRef, raw: RawBlock, keccak256: Keccak256, codec: BlockCodec): Verification {
  try {
    checkRequested(ref, raw)
    return { kind: 'consistent', block: readBlock(raw, keccak256, codec) }
  } catch (error) {
    if (error instanceof CheckFailed) return { kind: 'refused', check: error.check, detail: error.message, block: null }
    if (error instanceof MalformedHexError)
      return { kind: 'refused', check: 'malformed', detail: error.message, block: null }
    throw error
  }
}

function proof(block: UnprovenBlock, raw: RawBlock, keccak256: Keccak256, codec: BlockCodec): Verification {
  try {
    proveBlock(raw, block, keccak256, codec)
    return { kind: 'proven', block }
  } catch (error) {
    if (error instanceof NotProvable) return { kind: 'notProvable', block: unproven(block), reason: error.message }
    if (error instanceof CheckFailed)
      return { kind: 'refused', check: error.check, detail: error.message, block: unproven(block) }
    if (error instanceof MalformedHexError)
      return { kind: 'refused', check: 'malformed', detail: error.message, block: unproven(block) }
    throw error
  }
}

function unproven(block: UnprovenBlock): UnprovenBlock {
  return { ...block, transactions: block.transactions.map((transaction) => ({ ...transaction, proven: false })) }
}

function checkRequested(ref: BlockRef, { block }: RawBlock): void {
  const matches = 'hash' in ref ? hashField(block, 'hash') === ref.hash : numberField(block, 'number') === ref.number
  check('requested_block', matches, 'another block than the one asked for')
}
