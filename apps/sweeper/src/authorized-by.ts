import type { SignedAuthorization } from '@ctrip/chain/transactions/unsigned-transaction'
import type { Address } from '@ctrip/domain/address'

/** A delegation (EIP-7702), and whose it is: the signature alone tells that, and dearly. */
export interface AuthorizedBy {
  readonly sender: Address
  readonly authorization: SignedAuthorization
}
