import type { Address } from '../address'
import type { Amount } from '../amount'
import type { Hash } from '../hash'
import type { MerchantId, PaymentId, SweepId } from '../ids'
import type { Asset } from '../payment/payment'

/** How money is collected: each has its own transactions and its own price. */
export const STRATEGIES = ['native', 'token_top_up', 'delegated_batch'] as const
export type StrategyName = (typeof STRATEGIES)[number]

export const SWEEP_STATUSES = ['planned', 'broadcast', 'confirmed', 'failed'] as const
export type SweepStatus = (typeof SWEEP_STATUSES)[number]

/** What a nonce was used for; `foreign`: not by us, though only we should have the key. */
export const PURPOSES = ['top_up', 'collect', 'authorize', 'cancel', 'deploy', 'foreign'] as const
export type Purpose = (typeof PURPOSES)[number]

/** `reverted` and `confirmed` are judged at the depth of the chain's policy; `dropped`: the nonce was used by nothing of ours. */
export const TRANSACTION_STATUSES = ['signed', 'broadcast', 'mined', 'confirmed', 'reverted', 'dropped'] as const
export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number]

/** One collection into the treasury: a deposit address, or a batch of them, in one asset. */
export interface Sweep {
  readonly id: SweepId
  readonly chain: string
  readonly chainId: number
  readonly asset: Asset
  readonly treasury: Address
  readonly strategy: StrategyName
  readonly status: SweepStatus
  /** Why it failed. */
  readonly reason: string | null
  /** The number of the last event told about this sweep. */
  readonly sequence: number
  /** The span in which it was planned: a sweep has a trace of its own. */
  readonly traceAnchor: string
  readonly createdAt: Date
  readonly completedAt: Date | null
  readonly items: readonly SweepItem[]
}

/** An address in a sweep; it is locked by it while `active`. */
export interface SweepItem {
  readonly address: Address
  readonly paymentId: PaymentId
  readonly merchantId: MerchantId
  /** The payment's anchor span. */
  readonly paymentAnchor: string
  /** Which key: the wallet's fingerprint, and the index in it. */
  readonly wallet: string
  readonly addressIndex: number
  readonly amountPlanned: Amount
  /** The amount that reached the treasury; null until the sweep is confirmed. */
  readonly amountCollected: Amount | null
  readonly gasShare: Amount | null
  readonly feeShare: Amount | null
  /** The amount that left the address and never reached the treasury: the token keeps a part of a transfer. */
  readonly tokenFee: Amount | null
  readonly reason: string | null
  readonly active: boolean
}

/** One nonce of one account, and everything that was signed for it. */
export interface SweepTransaction {
  readonly id: string
  readonly sweepId: SweepId | null
  readonly chainId: number
  readonly sender: Address
  readonly nonce: number
  readonly purpose: Purpose
  readonly status: TransactionStatus
  readonly mined: MinedAttempt | null
  /** The newest first. */
  readonly attempts: readonly Attempt[]
}

export interface MinedAttempt {
  readonly hash: Hash
  readonly blockHash: Hash
  readonly blockNumber: number
  readonly gasUsed: bigint
  /** In wei, with what a rollup charges for data. */
  readonly feePaid: Amount
}

/** What was signed: the first, or a replacement. Its bytes are kept, so that the same can be sent again after anything. */
export interface Attempt {
  readonly hash: Hash
  readonly raw: `0x${string}`
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
  /** The balance that it takes, its own fee included where that is paid from it; null where it takes none. */
  readonly takes: Amount | null
  /** A no-op that only uses up the nonce. */
  readonly cancels: boolean
  readonly signedAt: Date
  readonly broadcastAt: Date | null
}
