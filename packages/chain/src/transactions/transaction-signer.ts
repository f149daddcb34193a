import type { Address } from '@ctrip/domain/address'
import type {
  SignedAuthorization,
  SignedTransaction,
  UnsignedAuthorization,
  UnsignedTransaction,
} from './unsigned-transaction'

/** Signs for one account, and shows nothing else of its key. Narrow enough for a KMS to implement. */
export interface TransactionSigner {
  readonly address: Address
  signTransaction(transaction: UnsignedTransaction): Promise<SignedTransaction>
}

/** Signs delegations (EIP-7702) too; a KMS need not. */
export interface AuthorizationSigner extends TransactionSigner {
  signAuthorization(authorization: UnsignedAuthorization): Promise<SignedAuthorization>
}
