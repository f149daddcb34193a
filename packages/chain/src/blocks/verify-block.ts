import { hashField, MalformedHexError, numberField } from '../hex'
import { type BlockCodec, codecOf } from './block-codec'
import type { BlockRef } from './block-ref'
import { type BlockCheck, CheckFailed, check, NotProvable } from './check-failed'
import type { Keccak256 } from './keccak'
import { proveBlock } from './prove-block'
import { type RawBlock, readBlock, type UnprovenBlock } from './read-block'

export type Verification =
  | { readonly kind: 'proven'; readonly block: UnprovenBlock }
  | { readonly kind: 'structural'; readonly block: UnprovenBlock }
  | { readonly kind: 'notProvable'; readonly block: UnprovenBlock; readonly reason: string }
  | { readonly kind: 'refused'; readonly check: BlockCheck; readonly detail: string }

/** Judges what a provider sent for a block of a chain with this codec. Pure; throws nothing for what comes from outside. */
export function verifyBlock(
  ref: BlockRef,
  raw: RawBlock,
  verify: 'proof' | 'structural',
  keccak256: Keccak256,
  codec: BlockCodec = codecOf('ethereum'),
): Verification {
  try {
    checkRequested(ref, raw)
    return judge(readBlock(raw, keccak256, codec), raw, verify, keccak256, codec)
  } catch (error) {
    if (error instanceof CheckFailed) return { kind: 'refused', check: error.check, detail: error.message }
    if (error instanceof MalformedHexError) return { kind: 'refused', check: 'malformed', detail: error.message }
    throw error
  }
}

function judge(
  block: UnprovenBlock,
  raw: RawBlock,
  verify: 'proof' | 'structural',
  keccak256: Keccak256,
  codec: BlockCodec,
): Verification {
  if (verify === 'structural') return { kind: 'structural', block: unproven(block) }
  try {
    proveBlock(raw, block, keccak256, codec)
    return { kind: 'proven', block }
  } catch (error) {
    if (!(error instanceof NotProvable)) throw error
    return { kind: 'notProvable', block: unproven(block), reason: error.message }
  }
}

function unproven(block: UnprovenBlock): UnprovenBlock {
  return { ...block, transactions: block.transactions.map((transaction) => ({ ...transaction, proven: false })) }
}

function checkRequested(ref: BlockRef, { block }: RawBlock): void {
  const matches = 'hash' in ref ? hashField(block, 'hash') === ref.hash : numberField(block, 'number') === ref.number
  check('requested_block', matches, 'another block than the one asked for')
}
