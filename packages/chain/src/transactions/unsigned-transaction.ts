import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import type { Hash } from '@ctrip/domain/hash'
import type { Hex } from '../hex'
import type { Fees } from './fees'

/** All that a signature covers. With `authorizations` it is of type 4 (EIP-7702), which has no legacy form. */
export interface UnsignedTransaction {
  readonly chainId: number
  readonly nonce: number
  /** Null creates a contract. */
  readonly to: Address | null
  readonly value: Amount
  readonly data: Hex
  readonly gasLimit: bigint
  readonly fees: Fees
  readonly authorizations?: readonly SignedAuthorization[]
}

/** EIP-7702: the signing account delegates to the code at `address`. Uses up the account's nonce. */
export interface UnsignedAuthorization {
  /** Never 0, which would be valid on every chain. */
  readonly chainId: number
  readonly address: Address
  readonly nonce: number
}

export interface SignedAuthorization extends UnsignedAuthorization {
  readonly yParity: 0 | 1
  readonly r: Hash
  readonly s: Hash
}

export interface SignedTransaction {
  readonly raw: Hex
  readonly hash: Hash
}
