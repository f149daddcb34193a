import { type Address, parseAddress } from '@ctrip/domain/address'
import { keccak256, recoverAddress, Signature, zeroPadValue } from 'ethers'
import { hexField, optionalHexField, type RawObject } from '../hex'
import { RlpWriter } from './rlp-writer'
import type { SignedTransaction, VerifiedTransaction } from './verified-block'
import { writeFields } from './write-fields'

const SIGNATURE_FIELDS = 3
const EIP_155_V_MIN = 35n

/**
 * Recovers the sender of a transaction, as well founded as the transaction itself: from the signature, which the hash of a proven transaction
 * commits to; else what the block says. Dear (about a millisecond), so ask only for transactions that matter to us. Null where
 * the signature of a proven transaction recovers to nobody.
 */
export function recoverSender({ from, proven, signed }: VerifiedTransaction): Address | null {
  if (!proven || signed === undefined) return from
  try {
    const { signature, chainId } = signed.type === 0 ? legacySignature(signed.raw) : typedSignature(signed.raw)
    return parseAddress(recoverAddress(keccak256(signedPayload(signed, chainId)), signature))
  } catch {
    return null // whatever ethers found wrong with it: it is nobody's signature
  }
}

interface SignatureOf {
  readonly signature: Signature
  /** Of EIP-155; null where the signature holds on any chain. */
  readonly chainId: bigint | null
}

/** EIP-155: v is 35 + 2 × chain id + parity; before it, 27 + parity. */
function legacySignature(raw: RawObject): SignatureOf {
  const v = BigInt(hexField(raw, 'v'))
  const replayProtected = v >= EIP_155_V_MIN
  const parity = replayProtected ? (v - EIP_155_V_MIN) % 2n : v - 27n
  return { signature: toSignature(raw, parity), chainId: replayProtected ? (v - EIP_155_V_MIN) / 2n : null }
}

function typedSignature(raw: RawObject): SignatureOf {
  return { signature: toSignature(raw, BigInt(optionalHexField(raw, 'yParity') ?? hexField(raw, 'v'))), chainId: null }
}

function toSignature(raw: RawObject, parity: bigint): Signature {
  const word = (field: string) => zeroPadValue(evenHex(hexField(raw, field)), 32)
  return Signature.from({ r: word('r'), s: word('s'), yParity: parity === 0n ? 0 : 1 })
}

function evenHex(text: string): string {
  return text.length % 2 === 0 ? text : `0x0${text.slice(2)}`
}

/** The encoding without its signature, which stands last; of a legacy transaction with EIP-155's chain id in its place. */
function signedPayload({ raw, type, fields }: SignedTransaction, chainId: bigint | null): Uint8Array {
  const writer = new RlpWriter()
  if (type > 0) writer.raw(Uint8Array.of(type))
  writer.list(() => {
    writeFields(writer, raw, { always: fields.always.slice(0, -SIGNATURE_FIELDS), trailing: [] })
    if (chainId === null) return
    writer.quantity(`0x${chainId.toString(16)}`)
    writer.quantity('0x0')
    writer.quantity('0x0')
  })
  return writer.take()
}
