import type { Address } from '@ctrip/domain/address'
import type { SignedAuthorization } from './unsigned-transaction'

/** A delegation (EIP-7702), and whose it is: the signature alone tells that, and dearly. */
export interface AuthorizedBy {
  readonly sender: Address
  readonly authorization: SignedAuthorization
}
