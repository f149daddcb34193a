import type { PaymentLink } from '@ctrip/db/checkout-sessions/payment-links'
import { formatUnits } from '@ctrip/domain/amount'
import { type CheckoutSession, valueEnough } from '@ctrip/domain/checkout-session/session'
import { amountDue } from '@ctrip/domain/checkout-session/value'
import type { SessionOption } from '@ctrip/domain/checkout-session/view'
import { fiatText } from './fiat'
import { ICONS } from './fragments/icons'
import { type Html, html } from './html'
import type { Locale, MessageKey } from './locales'
import { pageDocument, pageHeader } from './page'
import { localTime } from './times'

export interface SessionPage {
  readonly session: CheckoutSession
  readonly options: readonly SessionOption[]
  readonly merchant: string
  /** The name of a chain that payers read. */
  readonly networkOf: (chainId: number) => string
  readonly locale: Locale
}

type Stage = 'open' | 'part' | 'confirming' | 'complete' | 'expired'
type Tone = keyof typeof ICONS & ('waiting' | 'progress' | 'success' | 'problem')

const STAGES: Readonly<
  Record<Stage, { readonly tone: Tone; readonly title: MessageKey; readonly text: MessageKey | null }>
> = {
  open: { tone: 'waiting', title: 'session_open_title', text: null },
  part: { tone: 'waiting', title: 'session_part', text: 'session_part_text' },
  confirming: { tone: 'progress', title: 'session_confirming', text: 'session_confirming_text' },
  complete: { tone: 'success', title: 'session_complete_title', text: 'session_complete_text' },
  expired: { tone: 'problem', title: 'session_expired_title', text: 'session_expired_text' },
}

/** The page of a checkout session: the order, the price, and the assets that the payer may choose from. Works without JavaScript. */
export function sessionPage(page: SessionPage): Html {
  const { session, merchant, locale } = page
  const stage = stageOf(session)
  const links = `?lang=${locale.language}`
  const title = `${locale.text(STAGES[stage].title)} · ${money(session, stage === 'part' ? amountDue(session) : session.price.amount, locale)}`
  const leads = stage === 'complete' && session.successUrl !== null
  const body = html`${pageHeader(locale, merchant)}
<main id="session" class="card session" data-stage="${stage}" data-lost="${locale.text('connection_lost')}"${leads ? html` data-return="${session.successUrl}"` : null}>
<h1 class="visually-hidden">${title}</h1>
<div class="summary">${price(session, stage, locale)}${status(page, stage)}<p id="message" class="message" role="status"></p>${
    stage === 'confirming'
      ? html`<p class="no-script no-js-only">${locale.text('no_script')} <a class="button" href="${session.id}${links}">${locale.text('refresh')}</a></p>`
      : null
  }</div>
<div class="payment"><section id="pay-part">${stage === 'open' || stage === 'part' ? choices(page) : null}</section></div>
${order(session, stage, locale)}</main>`
  return pageDocument(locale, title, body)
}

/** The page of a payment link. The visitor opens a session by the button: a preview that fetches the page opens none. */
export function linkPage(link: PaymentLink, merchant: string, locale: Locale): Html {
  const units = fiatText(link.price.amount, link.price.currency, locale)
  const body = html`${pageHeader(locale, merchant)}
<main class="card session"><div class="summary"><h1>${link.name}</h1>${link.description === null ? null : html`<p>${link.description}</p>`}
<p class="amount">${units}</p>${
    link.active
      ? html`<form method="post" action="${link.id}?lang=${locale.language}"><button class="button primary">${locale.text('link_pay')}</button></form>`
      : html`<div class="status problem">${ICONS.problem}<h2>${locale.text('link_inactive')}</h2></div>`
  }</div></main>`
  return pageDocument(locale, `${link.name} · ${units}`, body, '../checkout/')
}

function stageOf(session: CheckoutSession): Stage {
  if (session.status !== 'open') return session.status
  const received = session.amountPaid + session.amountPending
  if (received >= valueEnough(session)) return 'confirming'
  return received > 0n ? 'part' : 'open'
}

function price(session: CheckoutSession, stage: Stage, locale: Locale): Html {
  const total = money(session, session.price.amount, locale)
  const shown = stage === 'part' ? money(session, amountDue(session), locale) : total
  return html`<section id="amount-part"><p class="amount-label">${locale.text(stage === 'part' ? 'session_due' : 'session_price')}</p>
<p class="amount">${shown}</p>${
    stage === 'part' ? html`<p class="amount-more">${locale.text('session_of_total', { total })}</p>` : null
  }</section>`
}

function status({ session, merchant, locale }: SessionPage, stage: Stage): Html {
  const { tone, title, text } = STAGES[stage]
  const received = money(session, session.amountPaid + session.amountPending, locale)
  // While nothing has come, the heading of the choices says it all.
  const said =
    text === null
      ? null
      : html`<div class="status ${tone}" role="status">${ICONS[tone]}<div><h2>${locale.text(title)}</h2><p>${locale.text(text, { received, merchant })}</p></div></div>`
  return html`${said}${wayBack(session, stage, locale)}`
}

function wayBack(session: CheckoutSession, stage: Stage, locale: Locale): Html {
  const url = stage === 'complete' ? session.successUrl : session.cancelUrl
  if (url === null || stage === 'confirming') return html``
  const isOver = stage === 'complete' || stage === 'expired'
  return html`<div class="way-back">${stage === 'complete' ? html`<p class="js-only">${locale.text('session_returning')}</p>` : null}<a${
    isOver ? html` class="button primary"` : null
  } href="${url}" rel="noreferrer">${locale.text('session_back')}</a></div>`
}

function order(session: CheckoutSession, stage: Stage, locale: Locale): Html {
  const items = session.lineItems.map(
    ({ name, quantity, unitAmount }) =>
      html`<div><dt>${quantity > 1 ? `${quantity} × ${name}` : name}</dt><dd>${money(session, unitAmount * BigInt(quantity), locale)}</dd></div>`,
  )
  const until =
    stage === 'open' || stage === 'part'
      ? html`<div><dt>${locale.text('session_until')}</dt><dd>${localTime(session.expiresAt, locale)}</dd></div>`
      : null
  if (items.length === 0 && until === null) return html``
  return html`<section id="receipt-part"><h2>${locale.text('session_order')}</h2><dl>${items}${until}</dl></section>`
}

function choices({ session, options, networkOf, locale }: SessionPage): Html {
  const usable = options.some(({ choice }) => choice.available)
  return html`<h2 id="choose">${locale.text('session_choose')}</h2>${usable ? null : html`<p>${locale.text('session_none')}</p>`}
<form method="post" action="${session.id}/choose?lang=${locale.language}" aria-labelledby="choose"><ul class="choices">${options.map((option) => choice(option, networkOf(option.chainId), locale))}</ul></form>`
}

function choice({ chain, asset, choice: chosen }: SessionOption, network: string, locale: Locale): Html {
  const name = html`<span class="coin" aria-hidden="true">${asset.symbol.slice(0, 1)}</span><span class="what"><span class="asset">${asset.symbol}</span> <span class="network">${network}</span></span>`
  if (!chosen.available)
    return html`<li><button class="choice" disabled>${name}<span class="why">${locale.text(`refusal_${chosen.cause}`)}</span></button></li>`
  return html`<li><button class="choice" name="asset" value="${chain}/${asset.symbol}">${name}<span class="much"><span class="figure">${locale.figure(formatUnits(chosen.amount, asset.decimals))} ${asset.symbol}</span><span class="last" hidden>${locale.text('last_used')}</span></span></button></li>`
}

function money({ price: { currency } }: CheckoutSession, value: bigint, locale: Locale): string {
  return fiatText(value, currency, locale)
}
