import type { Amount } from '../amount'
import type { EventType } from '../events'
import type { CheckoutSessionId, MerchantId, PaymentId, PaymentLinkId } from '../ids'
import type { LatePolicy } from '../payment/payment'

export const SESSION_STATUSES = ['open', 'complete', 'expired'] as const
export type SessionStatus = (typeof SESSION_STATUSES)[number]

/** Each choice of an asset makes a payment with an address of its own, which is watched without limit. */
export const PAYMENTS_PER_SESSION_MAX = 20

/** Minor units of an ISO 4217 currency: 1999 USD is 19.99. */
export interface Price {
  readonly amount: bigint
  readonly currency: string
}

export interface LineItem {
  readonly name: string
  readonly quantity: number
  /** In the minor units of the session's currency. */
  readonly unitAmount: bigint
}

/** An asset that the merchant takes, by its symbol on a chain of this name. */
export interface AcceptedAsset {
  readonly chain: string
  readonly asset: string
}

/** The terms of a checkout session. Nothing but its end changes, when the merchant asks to expire it. */
export interface CheckoutSessionTerms {
  readonly id: CheckoutSessionId
  readonly merchantId: MerchantId
  readonly price: Price
  /** Null: every asset that has a rate. */
  readonly accept: readonly AcceptedAsset[] | null
  readonly lineItems: readonly LineItem[]
  readonly url: string
  readonly successUrl: string | null
  readonly cancelUrl: string | null
  readonly quoteSeconds: number
  readonly toleranceBps: number
  readonly latePolicy: LatePolicy
  readonly reference: string | null
  readonly metadata: Readonly<Record<string, string>>
  /** The language of the payer's page; null: the browser's. */
  readonly locale: string | null
  readonly paymentLink: PaymentLinkId | null
  /** W3C traceparent of the session's first span: the parent of its payments' anchors. */
  readonly traceAnchor: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** The part of a session that `transition` alone changes. */
export interface CheckoutSessionState {
  readonly status: SessionStatus
  /** The value of confirmed money, in minor units, rounded down. */
  readonly amountPaid: Amount
  /** The value of money that is received and not confirmed. */
  readonly amountPending: Amount
  /** The number of the last event emitted about this session; its creation is the first, without an event. */
  readonly sequence: number
  readonly completedAt: Date | null
}

export interface CheckoutSession extends CheckoutSessionTerms, CheckoutSessionState {
  /** Its payments, oldest first. */
  readonly payments: readonly PaymentId[]
}

/** The only table of changes of status, with the event of each. Late money completes an expired session. */
export const SESSION_EVENTS: Readonly<Record<SessionStatus, Readonly<Partial<Record<SessionStatus, EventType>>>>> = {
  open: { complete: 'checkout_session.completed', expired: 'checkout_session.expired' },
  complete: { open: 'checkout_session.reopened' },
  expired: { complete: 'checkout_session.completed' },
}

/** The least value that completes the session. */
export function valueEnough({ price, toleranceBps }: CheckoutSessionTerms): bigint {
  return price.amount - (price.amount * BigInt(toleranceBps)) / 10_000n
}
