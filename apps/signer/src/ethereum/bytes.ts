import { keccak_256 } from '@noble/hashes/sha3'

// Addresses and bytes are lower-case hex with 0x throughout, as the protocol has them.

const ADDRESS = /^0x[0-9a-fA-F]{40}$/

export function toHex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`
}

/** The bytes of hex with 0x. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.slice(2), 'hex'))
}

export function keccak(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes)
}

/** The account of an uncompressed public key (65 bytes, 04 first). */
export function addressOfPublicKey(publicKey: Uint8Array): string {
  return toHex(keccak(publicKey.subarray(1)).subarray(12))
}

/** An address in its EIP-55 spelling, as lower-case hex; null for any other text. */
export function parseChecksummed(text: string): string | null {
  if (!ADDRESS.test(text)) return null
  const digits = text.slice(2).toLowerCase()
  const hash = Buffer.from(keccak(Buffer.from(digits, 'ascii'))).toString('hex')
  const spelt = [...digits].map((digit, at) =>
    Number.parseInt(hash.charAt(at), 16) >= 8 ? digit.toUpperCase() : digit,
  )
  return text === `0x${spelt.join('')}` ? `0x${digits}` : null
}
