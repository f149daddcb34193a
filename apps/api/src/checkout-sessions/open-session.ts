import type { PaymentLink } from '@ctrip/db/checkout-sessions/payment-links'
import { insertSession } from '@ctrip/db/checkout-sessions/session-rows'
import type { Executor } from '@ctrip/db/database/database'
import { checkoutUrl } from '@ctrip/db/payments/payment-rows'
import { ZERO } from '@ctrip/domain/amount'
import type { CheckoutSession, CheckoutSessionTerms } from '@ctrip/domain/checkout-session/session'
import { newId } from '@ctrip/domain/ids'
import { currenciesOf } from '@ctrip/domain/rates/rate-book'
import type { Logger } from '@ctrip/telemetry/logger'
import { startAnchor, traceFields } from '@ctrip/telemetry/spans'
import { countSession } from '@ctrip/use-cases/report-sessions'
import { findAsset, findChain } from '../chains'
import { invalid, type Problem } from '../http/problem'
import type { OptionDeps } from './session-options'

export interface OpenSessionDeps extends OptionDeps {
  readonly publicUrl: string
  readonly log: Logger
}

/** The terms that a merchant gives, in a request or in a payment link. */
export type SessionTerms = Omit<CheckoutSessionTerms, 'id' | 'url' | 'traceAnchor' | 'createdAt' | 'expiresAt'> & {
  readonly expiresInSeconds: number
}

export interface OpenedSession {
  readonly session: CheckoutSession
  /** Runs once the session is committed. */
  readonly committed: () => void
}

/** Writes a new session, in `tx`. Its trace begins here. */
export async function openSession(
  { publicUrl, log }: OpenSessionDeps,
  tx: Executor,
  { expiresInSeconds, ...terms }: SessionTerms,
  actor: string,
): Promise<OpenedSession> {
  const createdAt = new Date()
  const id = newId('checkoutSession', createdAt.getTime())
  const anchor = startAnchor('checkout_session.created', { 'ctrip.checkout_session.id': id })
  const session: CheckoutSession = {
    ...terms,
    id,
    url: checkoutUrl(publicUrl, id),
    successUrl: fillIn(terms.successUrl, id),
    cancelUrl: fillIn(terms.cancelUrl, id),
    traceAnchor: anchor.traceparent,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + expiresInSeconds * 1000),
    status: 'open',
    amountPaid: ZERO,
    amountPending: ZERO,
    sequence: 1,
    completedAt: null,
    payments: [],
  }
  await insertSession(tx, session, actor)
  return {
    session,
    committed: () => {
      anchor.end()
      countSession('created')
      log.info(
        { checkout_session_id: id, ...traceFields(session.traceAnchor), sequence: 1 },
        'checkout_session.created',
      )
    },
  }
}

const LINK_SESSION_SECONDS = 3_600
const LINK_QUOTE_SECONDS = 900

/** The terms of a session that a visitor opens through a payment link. */
export function termsOfLink(link: PaymentLink, locale: string): SessionTerms {
  const { merchantId, price, accept, successUrl, metadata } = link
  return {
    ...{ merchantId, price, accept, successUrl, metadata, locale },
    lineItems: [{ name: link.name, quantity: 1, unitAmount: price.amount }],
    cancelUrl: null,
    expiresInSeconds: LINK_SESSION_SECONDS,
    quoteSeconds: LINK_QUOTE_SECONDS,
    toleranceBps: 0,
    latePolicy: 'accept',
    reference: null,
    paymentLink: link.id,
  }
}

/** The reason why a price cannot be asked for, or null: no currency feed, or an asset that is not configured or has no price. */
export function refuseTerms(
  deps: OptionDeps,
  { price, accept }: Pick<SessionTerms, 'price' | 'accept'>,
): Problem | null {
  const currencies = currenciesOf(deps.rateBook)
  if (!currencies.includes(price.currency))
    return invalid(
      'price',
      'unknown_currency',
      `No rate leads to ${price.currency}. There are: ${currencies.join(', ')}.`,
    )
  for (const { chain: name, asset: symbol } of accept ?? []) {
    const chain = findChain(deps.chains, name)
    if (chain === null) return invalid('accept', 'unknown_chain', `There is no chain ${name}.`)
    const asset = findAsset(chain, symbol)
    if (asset === null) return invalid('accept', 'unknown_asset', `There is no asset ${symbol} on ${chain.name}.`)
    const isPriced = deps.rateBook.assets.some(
      (one) => one.chainId === chain.chainId && one.contract === asset.contract,
    )
    if (!isPriced) return invalid('accept', 'asset_not_priced', `${asset.symbol} on ${chain.name} has no price.`)
  }
  return null
}

/** Names and symbols as chains.yaml has them, whatever the merchant wrote. */
export function canonicalAccept({ chains }: OptionDeps, accept: SessionTerms['accept']): SessionTerms['accept'] {
  if (accept === null) return null
  return accept.flatMap(({ chain: name, asset: symbol }) => {
    const chain = findChain(chains, name)
    const asset = chain === null ? null : findAsset(chain, symbol)
    return chain === null || asset === null ? [] : [{ chain: chain.name, asset: asset.symbol }]
  })
}

function fillIn(url: string | null, id: string): string | null {
  return url?.replaceAll('{CHECKOUT_SESSION_ID}', id) ?? null
}
