import { getAddress } from 'ethers/address'
import type { Brand } from './brand'
import { hexFromBytes, isHexOf } from './hex-digits'

/** An account, lower-case hex with 0x: one spelling inside, so that `===` is equality. EIP-55 is for people: `toChecksum`. */
export type Address = Brand<`0x${string}`, 'Address'>

// An answer spells the same few addresses several times, and each spelling hashes: tokens, treasuries, the payment's own.
const CHECKSUMS_KEPT_MAX = 1_024
const checksums = new Map<Address, string>()

/**
 * Parses an address: all lower or all upper case, or mixed case with a valid EIP-55 checksum.
 * Returns null for anything else (a wrong checksum is a typing error, and money).
 */
export function parseAddress(text: string): Address | null {
  if (!isHexOf(20, text)) return null
  const digits = text.slice(2)
  const mixed = digits !== digits.toLowerCase() && digits !== digits.toUpperCase()
  if (mixed && toChecksum(text.toLowerCase() as Address) !== text) return null
  return text.toLowerCase() as Address
}

/** The EIP-55 spelling. */
export function toChecksum(address: Address): string {
  const kept = checksums.get(address)
  if (kept !== undefined) return kept
  const checksum = getAddress(address)
  if (checksums.size >= CHECKSUMS_KEPT_MAX) checksums.clear()
  checksums.set(address, checksum)
  return checksum
}

/** An address from its 20 bytes. */
export function addressFromBytes(bytes: Uint8Array): Address {
  if (bytes.length !== 20) throw new RangeError(`an address has 20 bytes, not ${bytes.length}`)
  return hexFromBytes(bytes) as Address
}

export function addressToBytes(address: Address): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(address.slice(2), 'hex'))
}
