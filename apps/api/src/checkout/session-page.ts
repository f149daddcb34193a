import type { PaymentLink } from '@ctrip/db/checkout-sessions/payment-links'
import { formatUnits } from '@ctrip/domain/amount'
import type { CheckoutSession } from '@ctrip/domain/checkout-session/session'
import { amountDue } from '@ctrip/domain/checkout-session/value'
import type { SessionOption } from '@ctrip/domain/checkout-session/view'
import { fiatText } from './fiat'
import { ICONS } from './fragments/icons'
import { type Html, html } from './html'
import type { Locale } from './locales'
import { pageDocument, pageHeader } from './page'

const RETURN_AFTER_SECONDS = 5
const LOOK_AGAIN_AFTER_SECONDS = 10

export interface SessionPage {
  readonly session: CheckoutSession
  readonly options: readonly SessionOption[]
  readonly merchant: string
  /** The name of a chain that payers read. */
  readonly networkOf: (chainId: number) => string
  readonly locale: Locale
}

/** The page of a checkout session: the order, the price, and the assets that the payer may choose from. Works without JavaScript. */
export function sessionPage(page: SessionPage): Html {
  const { session, merchant, locale } = page
  const title = `${locale.text(`session_${session.status}_title`)} · ${money(session, session.price.amount, locale)}`
  const body = html`${pageHeader(locale, merchant)}
<main class="card session"><h1 class="visually-hidden">${title}</h1>
<div class="summary">${price(session, locale)}${status(session, locale)}${order(session, locale)}</div>
<div class="payment">${session.status === 'open' ? choices(page) : null}</div></main>`
  return pageDocument(locale, title, body, refresh(session))
}

/** The page of a payment link. The visitor opens a session by the button: a preview that fetches the page opens none. */
export function linkPage(link: PaymentLink, merchant: string, locale: Locale): Html {
  const units = fiatText(link.price.amount, link.price.currency, locale)
  const body = html`${pageHeader(locale, merchant)}
<main class="card session"><div class="summary"><h1>${link.name}</h1>${link.description === null ? null : html`<p>${link.description}</p>`}
<p class="amount">${units}</p>${
    link.active
      ? html`<form method="post" action="${link.id}?lang=${locale.language}"><button class="button">${locale.text('link_pay')}</button></form>`
      : html`<p>${locale.text('link_inactive')}</p>`
  }</div></main>`
  return pageDocument(locale, `${link.name} · ${units}`, body, null, '../checkout/')
}

function price(session: CheckoutSession, locale: Locale): Html {
  const due = amountDue(session)
  const isPart = due > 0n && due < session.price.amount
  return html`<section id="amount-part"><p class="label">${locale.text(isPart ? 'session_due' : 'session_price')}</p>
<p class="amount">${money(session, isPart ? due : session.price.amount, locale)}</p>${
    isPart
      ? html`<p>${locale.text('session_of_total', { total: money(session, session.price.amount, locale) })}</p>`
      : null
  }</section>`
}

function status(session: CheckoutSession, locale: Locale): Html {
  const isWaiting = session.status === 'open' && amountDue(session) === 0n
  const key = isWaiting ? 'session_confirming' : (`session_${session.status}_title` as const)
  const tone =
    session.status === 'complete'
      ? 'success'
      : session.status === 'expired'
        ? 'problem'
        : isWaiting
          ? 'progress'
          : 'waiting'
  const url = session.status === 'complete' ? session.successUrl : session.cancelUrl
  return html`<div class="status ${tone}" role="status">${ICONS[tone]}<div><h2>${locale.text(key)}</h2></div></div>${
    url === null || isWaiting
      ? null
      : html`<p class="way-back"><a${session.status === 'open' ? null : html` class="button"`} href="${url}" rel="noreferrer">${locale.text('session_back')}</a></p>`
  }`
}

function order(session: CheckoutSession, locale: Locale): Html {
  if (session.lineItems.length === 0) return html``
  return html`<h2>${locale.text('session_order')}</h2><dl>${session.lineItems.map(
    ({ name, quantity, unitAmount }) =>
      html`<div><dt>${quantity > 1 ? `${quantity} × ${name}` : name}</dt><dd>${money(session, unitAmount * BigInt(quantity), locale)}</dd></div>`,
  )}</dl>`
}

function choices({ session, options, networkOf, locale }: SessionPage): Html {
  if (amountDue(session) === 0n) return html`<p>${locale.text('session_confirming_text')}</p>`
  return html`<h2 id="choose">${locale.text('session_choose')}</h2>
<form method="post" action="${session.id}/choose?lang=${locale.language}" aria-labelledby="choose"><ul class="choices">${options.map((option) => choice(option, networkOf(option.chainId)))}</ul></form>`
}

function choice({ chain, asset, choice: chosen }: SessionOption, network: string): Html {
  const name = html`<span class="asset">${asset.symbol}</span> <span class="network">${network}</span>`
  if (!chosen.available)
    return html`<li><button class="choice" disabled>${name}<span class="why">${chosen.reason}</span></button></li>`
  return html`<li><button class="choice" name="asset" value="${chain}/${asset.symbol}">${name}<span class="figure">${formatUnits(chosen.amount, asset.decimals)} ${asset.symbol}</span></button></li>`
}

/** Without a script the page looks again by itself: to see confirmations, and to lead back to the shop. */
function refresh(session: CheckoutSession): Html | null {
  if (session.status === 'complete' && session.successUrl !== null)
    return html`<meta http-equiv="refresh" content="${RETURN_AFTER_SECONDS};url=${session.successUrl}">`
  if (session.status === 'open' && amountDue(session) === 0n)
    return html`<meta http-equiv="refresh" content="${LOOK_AGAIN_AFTER_SECONDS}">`
  return null
}

function money({ price: { currency } }: CheckoutSession, value: bigint, locale: Locale): string {
  return fiatText(value, currency, locale)
}
