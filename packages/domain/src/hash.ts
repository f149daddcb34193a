import type { Brand } from './brand'
import { hexFromBytes, isHexOf } from './hex-digits'

/** A keccak-256 digest (block or transaction hash), lower-case hex with 0x. */
export type Hash = Brand<`0x${string}`, 'Hash'>

/** Parses 32 bytes of hex, or returns null. */
export function parseHash(text: string): Hash | null {
  return isHexOf(32, text) ? (text.toLowerCase() as Hash) : null
}

export function hashFromBytes(bytes: Uint8Array): Hash {
  if (bytes.length !== 32) throw new RangeError(`a hash has 32 bytes, not ${bytes.length}`)
  return hexFromBytes(bytes) as Hash
}

export function hashToBytes(hash: Hash): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(hash.slice(2), 'hex'))
}
