import { amount } from '../../src/amount'
import type { CheckoutSession } from '../../src/checkout-session/session'
import { newId } from '../../src/ids'
import type { Asset, Payment } from '../../src/payment/payment'
import { quoteAmount, type Rate, rateOf } from '../../src/rates'
import { ETH, somePayment, USDC } from '../payment/fixtures'

const MINUTE_MS = 60_000
const START = new Date('2026-01-01T00:00:00Z')
const CURRENCY_DIGITS = 2

/** The time so many minutes after the start. */
export function at(minutes: number): Date {
  return new Date(START.getTime() + minutes * MINUTE_MS)
}

/** An open session over 100.00 USD that ends after 60 minutes. */
export function someSession(changes: Partial<CheckoutSession> = {}): CheckoutSession {
  return {
    id: newId('checkoutSession'),
    merchantId: newId('merchant'),
    price: { amount: amount(10_000n), currency: 'USD' },
    accept: null,
    lineItems: [],
    url: 'https://pay.example/checkout/cs',
    successUrl: null,
    cancelUrl: null,
    quoteSeconds: 900,
    toleranceBps: 0,
    latePolicy: 'accept',
    reference: null,
    metadata: {},
    locale: null,
    paymentLink: null,
    traceAnchor: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    createdAt: START,
    expiresAt: at(60),
    status: 'open',
    amountPaid: amount(0n),
    amountPending: amount(0n),
    sequence: 1,
    completedAt: null,
    payments: [],
    ...changes,
  }
}

/** A dollar for one USDC; between 1993 and 2003 dollars for one ETH, another each minute. */
export function rateAt(asset: Asset, time: Date): Rate {
  if (asset.contract !== null) return rateOf(1n, 1n)
  const minute = Math.floor((time.getTime() - START.getTime()) / MINUTE_MS)
  return rateOf(BigInt(1993 + ((minute * 7) % 11)), 1n)
}

/** A payment of a session for what is due, quoted at this minute for 15 minutes. */
export function quotedPayment(session: CheckoutSession, asset: 'USDC' | 'ETH', due: bigint, minute: number): Payment {
  const paid = asset === 'USDC' ? USDC : ETH
  const rate = rateAt(paid, at(minute))
  const expiresAt = new Date(Math.min(at(minute + 15).getTime(), session.expiresAt.getTime()))
  const source = asset === 'USDC' ? 'fixed' : 'feed'
  return somePayment({
    merchantId: session.merchantId,
    asset: paid,
    amount: quoteAmount({ rate, price: due, assetDecimals: paid.decimals, currencyDigits: CURRENCY_DIGITS }),
    toleranceBps: session.toleranceBps,
    latePolicy: session.latePolicy,
    checkoutSession: session.id,
    quote: { currency: 'USD', amount: due, rate, source, quotedAt: at(minute), expiresAt },
    createdAt: at(minute),
    expiresAt,
  })
}
