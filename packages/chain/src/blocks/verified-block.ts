import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import type { Hash } from '@ctrip/domain/hash'
import type { Hex, RawObject } from '../hex'
import type { Fields } from './write-fields'

/** `unknown`: before Byzantium (EIP-658) receipts did not tell. */
export type TransactionStatus = 'succeeded' | 'failed' | 'unknown'

/** A transaction whose encoding names no sender: its signature does. */
export interface SignedTransaction {
  readonly raw: RawObject
  readonly type: number
  readonly fields: Fields
}

export interface VerifiedTransaction {
  readonly hash: Hash
  readonly index: number
  /** The sender by the block's word. No root proves it: where it decides, `recoverSender` recovers it from the signature. */
  readonly from: Address
  /** Null where the transaction creates a contract. */
  readonly to: Address | null
  readonly value: Amount
  readonly status: TransactionStatus
  /** Whether the block's roots commit to this transaction and its logs. False: the provider's word. */
  readonly proven: boolean
  /** What `recoverSender` reads; none where the transaction's encoding names its sender. */
  readonly signed?: SignedTransaction
}

export interface VerifiedLog {
  readonly address: Address
  readonly topics: readonly Hash[]
  readonly data: Hex
  /** Within the block. */
  readonly logIndex: number
  readonly transactionIndex: number
  readonly transactionHash: Hash
}

/**
 * The grade of a block's contents.
 * `proven`: the block's hash. Header, transactions and receipts add up to it; it commits to everything but `from`.
 * `agreed`: two providers or more, and at least the quorum, whose digests of the contents are equal.
 * `single_word`: one provider. Only where the quorum is one.
 * `accepted`: an operator, who told the scanner to take this block.
 */
export type BlockTrust = 'proven' | 'agreed' | 'single_word' | 'accepted'

export interface VerifiedBlock {
  readonly number: number
  readonly hash: Hash
  readonly parentHash: Hash
  /** Unix time in seconds. */
  readonly timestamp: number
  /** In order of `index`. */
  readonly transactions: readonly VerifiedTransaction[]
  /** In order of `logIndex`. */
  readonly logs: readonly VerifiedLog[]
  readonly trust: BlockTrust
  /** Why a proof was asked for and could not be had. */
  readonly notProvable?: string
  /** Who sent it. */
  readonly provider: string
}
