import { secp256k1 } from '@noble/curves/secp256k1'
import { addressOfPublicKey } from '../ethereum/bytes'
import type { Signature } from '../ethereum/transaction'

/** Signs hashes for one account. A key in this process implements it, and a KMS can. */
export interface DigestSigner {
  readonly address: string
  sign(digest: Uint8Array): Promise<Signature>
}

/** The signer of a private key (32 bytes). The key stays in the closure: printed or serialised, a signer is its address. */
export function privateKeySigner(privateKey: Uint8Array): DigestSigner {
  return {
    address: addressOfPublicKey(secp256k1.getPublicKey(privateKey, false)),
    // RFC 6979: the same digest has the same signature, so a request that is sent twice creates no second transaction.
    async sign(digest) {
      const { r, s, recovery } = secp256k1.sign(digest, privateKey, { lowS: true })
      return { r, s, yParity: recovery === 1 ? 1 : 0 }
    },
  }
}

/** The signer of a private key in hex, with 0x or without; null where the text is none. */
export function openGasWallet(text: string): DigestSigner | null {
  const digits = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(text)?.[1]
  if (digits === undefined) return null
  const key = Uint8Array.from(Buffer.from(digits, 'hex'))
  return secp256k1.utils.isValidPrivateKey(key) ? privateKeySigner(key) : null
}
