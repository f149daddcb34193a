import { sessionPayments } from '@ctrip/db/checkout-sessions/session-payments'
import { lockSessions, readSessions } from '@ctrip/db/checkout-sessions/sessions'
import type { Executor } from '@ctrip/db/database/database'
import { appendEvents } from '@ctrip/db/events/events'
import { insertPayment } from '@ctrip/db/payments/new-payments'
import { databaseTime } from '@ctrip/db/payments/payment-requests'
import { checkoutUrl } from '@ctrip/db/payments/payment-rows'
import type { PaymentSubject } from '@ctrip/db/payments/payments'
import { currentRate } from '@ctrip/db/rates/rates'
import { type CheckoutSession, PAYMENTS_PER_SESSION_MAX } from '@ctrip/domain/checkout-session/session'
import {
  amountDue,
  isEnough,
  quoteLeft,
  type SessionPayment,
  shownAmounts,
  valueOfMoney,
} from '@ctrip/domain/checkout-session/value'
import { confirmationsRequired } from '@ctrip/domain/confirmations'
import { type CheckoutSessionId, newId } from '@ctrip/domain/ids'
import { INITIAL_STATE } from '@ctrip/domain/payment/initial-state'
import type { Payment, PaymentQuote } from '@ctrip/domain/payment/payment'
import { renderPayment } from '@ctrip/domain/payment/view'
import { quoteAmount } from '@ctrip/domain/rates'
import { currencyDigits } from '@ctrip/domain/rates/currencies'
import { describeRefusal } from '@ctrip/domain/rates/judge-round'
import type { AssetRate } from '@ctrip/domain/rates/rate-book'
import { type Anchor, currentTraceparent, startAnchorUnder, traceFields } from '@ctrip/telemetry/spans'
import type { DepositWallet } from '../deposit-wallet'
import { conflict, invalid, Problem, unchecked } from '../http/problem'
import { paymentsCreated } from '../metrics'
import type { QuotaGate } from '../quota-gate'
import type { OpenSessionDeps } from './open-session'
import { type OfferedAsset, offeredAssets } from './session-options'

export interface ChooseAssetDeps extends OpenSessionDeps {
  readonly wallet: DepositWallet
  readonly quotaGate: QuotaGate
  readonly wakeRelay: () => void
}

export interface Choice {
  readonly session: CheckoutSessionId
  /** A chain's name and an asset's symbol, as the session offers them. */
  readonly offer: OfferedAsset
  readonly actor: string
}

export interface ChosenPayment {
  readonly subject: Pick<PaymentSubject, 'payment' | 'transfers' | 'chain'>
  readonly isNew: boolean
  /** Runs once the choice is committed. */
  readonly committed: () => void
}

/**
 * A payment for what is due in the asset, at a new quote; or the session's open payment that asks for exactly that at a quote that still holds.
 * The session stays locked, so of two payers who choose at once the second sees the payment of the first, and a session that expires at this
 * moment either has this payment or refuses it. Call inside a transaction; the session exists.
 */
export async function chooseAsset(
  deps: ChooseAssetDeps,
  tx: Executor,
  choice: Choice,
): Promise<ChosenPayment | Problem> {
  await lockSessions(tx, [choice.session])
  const [session] = await readSessions(tx, [choice.session])
  const now = await databaseTime(tx)
  if (session === undefined || session.status !== 'open' || now >= session.expiresAt)
    return conflict(
      'session_not_open',
      `The checkout session is ${session?.status === 'complete' ? 'complete' : 'over'}.`,
    )
  const payments = await sessionPayments(tx, session, deps.rateBook)
  const due = dueNow(session, payments)
  if (due === null) return conflict('nothing_due', 'All of the price has been received: nothing is due.')
  const open = payments.find((one) => isStillAsked(one, choice, due, now))
  if (open !== undefined) return { subject: open, isNew: false, committed: () => undefined }
  if (payments.length >= PAYMENTS_PER_SESSION_MAX)
    return conflict('too_many_payments', `A checkout session has at most ${PAYMENTS_PER_SESSION_MAX} payments.`)
  const refusal = await refuseAsset(deps, choice.offer)
  if (refusal !== null) return refusal
  const overQuota = await deps.quotaGate.admit(session.merchantId)
  if (overQuota !== null) return overQuota
  const rate = await rateFor(deps, tx, session, choice.offer)
  if (rate instanceof Problem) return rate
  return writePayment(deps, tx, { session, choice, quote: quoteOf(session, rate, due, now) })
}

/** The asset that a payer names, if the session takes it. */
export function findOffer(
  deps: Pick<ChooseAssetDeps, 'chains' | 'rateBook'>,
  session: CheckoutSession,
  isChosen: (offer: OfferedAsset) => boolean,
): OfferedAsset | Problem {
  const offer = offeredAssets(deps, session.accept).find(isChosen)
  return (
    offer ??
    invalid(
      'asset',
      'asset_not_offered',
      'The checkout session does not take this asset; `options` lists those it takes.',
    )
  )
}

/** In minor units; null once enough has been received, confirmed or not. */
function dueNow(session: CheckoutSession, payments: readonly SessionPayment[]): bigint | null {
  const value = valueOfMoney(session, payments)
  if (isEnough(session, value.received)) return null
  const { paid, pending } = shownAmounts(value)
  return amountDue({ ...session, amountPaid: paid, amountPending: pending })
}

function isStillAsked({ payment, transfers }: SessionPayment, { offer }: Choice, due: bigint, now: Date): boolean {
  const { status, chainId, asset, quote, cancelRequestedAt } = payment
  const isOpen = (status === 'pending' || status === 'partially_paid') && cancelRequestedAt === null
  if (!isOpen || quote === null || now >= quote.expiresAt) return false
  if (chainId !== offer.chain.chainId || asset.contract !== offer.asset.contract) return false
  return quoteLeft({ payment, transfers }) === due
}

async function refuseAsset({ assetGate }: ChooseAssetDeps, { chain, asset }: OfferedAsset): Promise<Problem | null> {
  const standing = await assetGate.standingNow(chain.chainId, asset)
  if (standing.kind === 'unchecked') return unchecked(asset.symbol)
  if (standing.kind === 'open') return null
  return invalid('asset', 'asset_refused', `${asset.symbol} on ${chain.name} is not to be trusted: ${standing.reason}.`)
}

type UsableRate = AssetRate & { readonly rate: NonNullable<AssetRate['rate']> }

async function rateFor(
  { rateBook }: ChooseAssetDeps,
  tx: Executor,
  { price }: CheckoutSession,
  { chain, asset }: OfferedAsset,
): Promise<UsableRate | Problem> {
  const priced = rateBook.assets.find((one) => one.chainId === chain.chainId && one.contract === asset.contract)
  if (priced === undefined) return conflict('rate_unavailable', `${asset.symbol} on ${chain.name} has no price.`)
  const found = await currentRate(tx, rateBook, priced, price.currency)
  const { rate, reason } = found
  if (rate !== null) return { ...found, rate }
  const words = reason === null ? 'it has no price' : describeRefusal(reason)
  return conflict(
    'rate_unavailable',
    `${asset.symbol} cannot be chosen now: ${words}. Try again, or choose another asset.`,
  )
}

/** A quote ends with its session at the latest. */
function quoteOf(session: CheckoutSession, { rate, source }: UsableRate, due: bigint, now: Date): PaymentQuote {
  const holdsUntil = now.getTime() + session.quoteSeconds * 1000
  const expiresAt = new Date(Math.min(holdsUntil, session.expiresAt.getTime()))
  return { currency: session.price.currency, amount: due, rate, source, quotedAt: now, expiresAt }
}

interface PaymentToWrite {
  readonly session: CheckoutSession
  readonly choice: Choice
  readonly quote: PaymentQuote
}

async function writePayment(deps: ChooseAssetDeps, tx: Executor, given: PaymentToWrite): Promise<ChosenPayment> {
  const deposit = await deps.wallet.take()
  const { payment, anchor } = newPayment(deps, given, deposit.address)
  await insertPayment(tx, payment, deposit, given.choice.actor)
  const { id, merchantId, chain, asset, sequence, traceAnchor } = payment
  const data = { payment: renderPayment(payment, [], null) }
  const draft = { type: 'payment.created' as const, merchantId, subject: id, sequence, traceAnchor, data }
  await appendEvents(tx, [{ draft, traceparent: currentTraceparent() ?? traceAnchor }])
  return {
    subject: { payment, transfers: [], chain: { headNumber: 0, headTime: new Date(0) } },
    isNew: true,
    committed: () => {
      anchor.end()
      paymentsCreated.inc({ chain, asset: asset.symbol, outcome: 'created' })
      deps.log.info({ payment_id: id, chain, ...traceFields(traceAnchor), sequence }, 'payment.created')
      deps.wakeRelay()
    },
  }
}

/** Its anchor is a child of the session's, so that the session and its payments are one trace. */
function newPayment(
  { publicUrl }: ChooseAssetDeps,
  { session, choice, quote }: PaymentToWrite,
  address: Payment['address'],
): { readonly payment: Payment; readonly anchor: Anchor } {
  const { chain, asset } = choice.offer
  const createdAt = new Date()
  const id = newId('payment', createdAt.getTime())
  const attributes = { 'ctrip.payment.id': id, 'ctrip.chain': chain.name, 'ctrip.checkout_session.id': session.id }
  const anchor = startAnchorUnder(session.traceAnchor, 'payment.created', attributes)
  const digits = { assetDecimals: asset.decimals, currencyDigits: currencyDigits(quote.currency) }
  const amount = quoteAmount({ rate: quote.rate, price: quote.amount, ...digits })
  const payment: Payment = {
    ...{ id, merchantId: session.merchantId, chain: chain.name, chainId: chain.chainId, asset, amount, address, quote },
    toleranceBps: session.toleranceBps,
    latePolicy: session.latePolicy,
    confirmationsRequired: confirmationsRequired(chain.confirmations, amount),
    reference: session.reference,
    metadata: session.metadata,
    checkoutUrl: checkoutUrl(publicUrl, id),
    successUrl: session.successUrl,
    cancelUrl: session.cancelUrl,
    checkoutSession: session.id,
    traceAnchor: anchor.traceparent,
    // Our clock may be ahead of the database's, by which the quote ends.
    createdAt: createdAt < quote.expiresAt ? createdAt : quote.quotedAt,
    expiresAt: quote.expiresAt,
    ...INITIAL_STATE,
  }
  return { payment, anchor }
}
