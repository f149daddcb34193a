import { readPaymentLink } from '@ctrip/db/checkout-sessions/payment-links'
import { readSessions } from '@ctrip/db/checkout-sessions/sessions'
import type { Executor } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { findMerchant } from '@ctrip/db/merchants/merchants'
import { type CheckoutSessionId, type MerchantId, type PaymentLinkId, parseId } from '@ctrip/domain/ids'
import type { Request, Response } from 'express'
import { type ChooseAssetDeps, chooseAsset, findOffer } from '../checkout-sessions/choose-asset'
import { openSession, termsOfLink } from '../checkout-sessions/open-session'
import { readOffers } from '../checkout-sessions/session-options'
import { payerKey } from '../http/client-address'
import { Problem } from '../http/problem'
import { localeOf } from './find-checkout'
import { chooseLocale } from './locales'
import { messagePage } from './page'
import type { PageDeps } from './serve-page'
import { linkPage, sessionPage } from './session-page'

/** The payer's acts in the audit of payments and sessions. */
const ACTOR = 'payer'

export type SessionPageDeps = PageDeps & ChooseAssetDeps

/** The page of a checkout session, as it is now. */
export async function serveSession(deps: SessionPageDeps, request: Request, response: Response): Promise<void> {
  const id = parseId('checkoutSession', String(request.params['id']))
  if (id === null || isTooOften(deps, request, response))
    return refuse(request, response, id === null ? 'missing' : 'busy')
  const page = await deps.db.query('checkout.session', (db) => readPage(deps, db, id, request))
  if (page === null) return refuse(request, response, 'missing')
  response.type('html').send(page.text)
}

/** The payer chooses an asset: leads to the page of its payment. */
export async function serveChoice(deps: SessionPageDeps, request: Request, response: Response): Promise<void> {
  const id = parseId('checkoutSession', String(request.params['id']))
  if (id === null || isTooOften(deps, request, response))
    return refuse(request, response, id === null ? 'missing' : 'busy')
  const chosen = await transaction(deps.db, 'checkout.choose', async (tx) => {
    const [session] = await readSessions(tx, [id])
    if (session === undefined) return null
    const named = assetOf(request)
    const offer = findOffer(deps, session, ({ chain, asset }) => `${chain.name}/${asset.symbol}` === named)
    return offer instanceof Problem ? offer : chooseAsset(deps, tx, { session: id, offer, actor: ACTOR })
  })
  if (chosen === null) return refuse(request, response, 'missing')
  const query = `?lang=${localeOf(request).language}`
  // Whatever the reason, the session's page says what can be chosen now.
  if (chosen instanceof Problem) return response.redirect(303, `../${id}${query}`)
  chosen.committed()
  response.redirect(303, `../${chosen.subject.payment.id}${query}`)
}

/** The page of a payment link. Nothing is written for it. */
export async function serveLink(deps: SessionPageDeps, request: Request, response: Response): Promise<void> {
  const id = parseId('paymentLink', String(request.params['id']))
  if (id === null || isTooOften(deps, request, response))
    return refuse(request, response, id === null ? 'missing' : 'busy')
  const found = await deps.db.query('checkout.link', (db) => findLink(db, id))
  if (found === null) return refuse(request, response, 'missing')
  response.type('html').send(linkPage(found.link, found.merchant, localeOf(request)).text)
}

/** The visitor opens a session. */
export async function serveOpening(deps: SessionPageDeps, request: Request, response: Response): Promise<void> {
  const id = parseId('paymentLink', String(request.params['id']))
  if (id === null || isTooOften(deps, request, response))
    return refuse(request, response, id === null ? 'missing' : 'busy')
  const { language } = localeOf(request)
  const opened = await transaction(deps.db, 'checkout.open_link', async (tx) => {
    const link = await readPaymentLink(tx, id)
    return link === null || !link.active ? null : openSession(deps, tx, termsOfLink(link, language), ACTOR)
  })
  if (opened === null) return refuse(request, response, 'missing')
  opened.committed()
  response.redirect(303, `../checkout/${opened.session.id}?lang=${language}`)
}

async function readPage(deps: SessionPageDeps, db: Executor, id: CheckoutSessionId, request: Request) {
  const [session] = await readSessions(db, [id])
  if (session === undefined) return null
  const options = (await readOffers(deps, db, [session]))(session)
  const asked = request.query['lang'] === undefined && session.locale !== null
  const locale = asked ? chooseLocale(session.locale ?? undefined, undefined) : localeOf(request)
  const networkOf = (chainId: number): string =>
    deps.chains.find((chain) => chain.chainId === chainId)?.displayName ?? ''
  return sessionPage({ session, options, networkOf, merchant: await merchantName(db, session.merchantId), locale })
}

async function findLink(db: Executor, id: PaymentLinkId) {
  const link = await readPaymentLink(db, id)
  return link === null ? null : { link, merchant: await merchantName(db, link.merchantId) }
}

async function merchantName(db: Executor, id: MerchantId): Promise<string> {
  return (await findMerchant(db, id))?.name ?? ''
}

function isTooOften(deps: PageDeps, request: Request, response: Response): boolean {
  return deps.rateLimit.take(payerKey(request), response) !== null
}

function refuse(request: Request, response: Response, what: 'missing' | 'busy'): void {
  const prefix = request.path.startsWith('/pay/') || request.path.endsWith('/choose') ? '../checkout/' : ''
  response
    .status(what === 'missing' ? 404 : 429)
    .type('html')
    .send(messagePage(localeOf(request), what, prefix).text)
}

function assetOf(request: Request): string {
  const body: unknown = request.body
  const asset: unknown = typeof body === 'object' && body !== null && 'asset' in body ? body.asset : null
  return typeof asset === 'string' ? asset : ''
}
