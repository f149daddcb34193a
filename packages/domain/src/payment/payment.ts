import type { Address } from '../address'
import type { Amount } from '../amount'
import type { Hash } from '../hash'
import type { CheckoutSessionId, MerchantId, PaymentId, TransferId } from '../ids'
import type { Rate } from '../rates'

export const PAYMENT_STATUSES = [
  'pending',
  'partially_paid',
  'detected',
  'confirmed',
  'settled',
  'expired',
  'canceled',
] as const
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number]

export const PAYMENT_FLAGS = ['overpaid', 'late', 'reorged', 'wrong_asset', 'wrong_chain', 'multiple'] as const
export type PaymentFlag = (typeof PAYMENT_FLAGS)[number]

export const LATE_POLICIES = ['accept', 'review'] as const
export type LatePolicy = (typeof LATE_POLICIES)[number]

/** What is paid in; `contract` is null for the chain's native coin. */
export interface Asset {
  readonly symbol: string
  readonly contract: Address | null
  readonly decimals: number
}

/** The price in a currency that a payment's amount was worked out from. */
export interface PaymentQuote {
  readonly currency: string
  /** The price in the currency's minor units. */
  readonly amount: bigint
  readonly rate: Rate
  readonly source: string
  readonly quotedAt: Date
  readonly expiresAt: Date
}

/** The terms of merchant and customer. The merchant may move `expiresAt` later and edit its own notes; the rest never changes. */
export interface PaymentTerms {
  readonly id: PaymentId
  readonly merchantId: MerchantId
  readonly chain: string
  readonly chainId: number
  readonly asset: Asset
  readonly amount: Amount
  /** How far below (or above) `amount` still counts as exact, in hundredths of a percent of it. */
  readonly toleranceBps: number
  readonly latePolicy: LatePolicy
  readonly address: Address
  /** Blocks, the block of inclusion counted; null where a tag (`safe`, `finalized`) decides. */
  readonly confirmationsRequired: number | null
  readonly reference: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly checkoutUrl: string
  /** The link back to the shop on the payer's page, once paid or not. */
  readonly successUrl: string | null
  readonly cancelUrl: string | null
  /** W3C traceparent of the `payment.created` span: the parent of every later hop's span. */
  readonly traceAnchor: string
  readonly createdAt: Date
  readonly expiresAt: Date
  /** Null where the merchant gave the amount itself. */
  readonly quote: PaymentQuote | null
  /** The session in which the payer chose this payment. */
  readonly checkoutSession: CheckoutSessionId | null
}

/** What has become of it; changed by `transition` alone. */
export interface PaymentState {
  readonly status: PaymentStatus
  readonly flags: readonly PaymentFlag[]
  readonly amountReceived: Amount
  readonly amountConfirmed: Amount
  /** The number of the last event told about this payment. */
  readonly sequence: number
  /** The amount received when the merchant accepted it as enough, however late or little; null if it never did. */
  readonly amountAccepted: Amount | null
  /** When the merchant asked to cancel. It takes effect once the chain has been scanned past it and nothing had come. */
  readonly cancelRequestedAt: Date | null
  readonly detectedAt: Date | null
  readonly confirmedAt: Date | null
  readonly settledAt: Date | null
}

export interface Payment extends PaymentTerms, PaymentState {}

export const TRANSFER_KINDS = ['native', 'erc20', 'internal', 'funding'] as const
export type TransferKind = (typeof TRANSFER_KINDS)[number]

export const TRANSFER_STATUSES = ['included', 'confirmed', 'final', 'orphaned'] as const
export type TransferStatus = (typeof TRANSFER_STATUSES)[number]

/** Money that arrived at a deposit address, in one block of one chain. */
export interface Transfer {
  readonly id: TransferId
  readonly chain: string
  readonly chainId: number
  readonly asset: Asset
  readonly kind: TransferKind
  readonly txHash: Hash
  /** Among the transfers of this kind in the transaction: with `txHash` and `kind` its identity, whichever block includes it. */
  readonly ordinal: number
  readonly logIndex: number | null
  readonly from: Address
  readonly to: Address
  readonly amount: Amount
  readonly blockNumber: number
  readonly blockHash: Hash
  readonly blockTime: Date
  readonly status: TransferStatus
  /** Included, now or before a reorg, in a block not later than the payment's `expiresAt`. */
  readonly inTime: boolean
  /** In the treasury, by a sweep that is itself confirmed. */
  readonly collected: boolean
}

/** A payment with every transfer that ever reached its address, orphaned ones too. */
export interface PaymentWithTransfers {
  readonly payment: Payment
  readonly transfers: readonly Transfer[]
}
