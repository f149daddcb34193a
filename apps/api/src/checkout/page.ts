import { ASSETS, type AssetName, STYLESHEETS } from './assets'
import type { CheckoutView } from './checkout-view'
import { ICONS } from './fragments/icons'
import { type Html, html } from './html'
import { LANGUAGES, LOCALES, type Locale, type MessageKey } from './locales'
import type { FragmentName, Snapshot } from './snapshot'

/** Texts that the script shows by itself. */
const SCRIPT_TEXTS = [
  'wallet_pay_with',
  'wallet_connecting',
  'wallet_sent',
  'wallet_rejected',
  'wallet_failed',
  'wallet_chain_missing',
  'connection_lost',
] as const satisfies readonly MessageKey[]

/** The payer's page. Every link in it is relative: it stands wherever PUBLIC_URL says. */
export function checkoutPage(view: CheckoutView, state: Snapshot): Html {
  const { payment, locale, words, merchant, now } = view
  const part = (name: FragmentName): Html =>
    html`<section id="${name}-part" data-version="${state.fragments[name].version}">${state.fragments[name].content}</section>`
  const links = `?lang=${locale.language}`
  const session = payment.checkoutSession === null ? null : html` data-session="${payment.checkoutSession}${links}"`
  const texts = Object.fromEntries(SCRIPT_TEXTS.map((key) => [key, locale.text(key, { chain: words.chain })]))
  const body = html`${pageHeader(locale, merchant)}
<main id="checkout" class="card" data-payment="${payment.id}" data-state="${payment.id}/state${links}" data-events="${payment.id}/events${links}"
data-version="${state.version}" data-final="${String(state.final)}" data-now="${now.toISOString()}" data-stage="${state.stage}"${session} data-texts="${JSON.stringify(texts)}">
<h1 class="visually-hidden">${locale.text('title', words)}</h1>
<div class="summary">${testNetwork(view)}${part('amount')}
<div id="live" aria-live="polite">${part('status')}<p id="message" class="message"></p></div>
${part('steps')}
<p class="no-script no-js-only">${locale.text('no_script')} <a class="button" href="${payment.id}${links}">${locale.text('refresh')}</a></p></div>
<div class="payment">${part('pay')}
<section id="wallets" hidden><h2>${locale.text('wallets_heading')}</h2><div id="wallet-buttons"></div></section></div>
${part('receipt')}
</main>`
  return pageDocument(locale, state.title, body)
}

function testNetwork({ chain, locale, words }: CheckoutView): Html {
  if (chain?.testnet !== true) return html``
  return html`<div class="notice" id="test-network">${ICONS.problem}<p>${locale.text('test_network', words)}</p></div>`
}

/** For a payment that is not there, or cannot be read now. */
export function messagePage(locale: Locale, what: 'missing' | 'unavailable' | 'busy', prefix = ''): Html {
  const title = locale.text(`${what}_title`)
  const body = html`<main class="card lonely"><h1>${title}</h1><p>${locale.text(`${what}_text`)}</p></main>`
  return pageDocument(locale, title, body, prefix)
}

export function pageHeader(locale: Locale, merchant: string): Html {
  return html`<header class="top"><p class="merchant"><span>${locale.text('pay_to')}</span> <strong>${merchant}</strong></p>${languages(locale)}</header>`
}

/** `prefix` leads from the page's address to /checkout/. */
export function pageDocument({ language }: Locale, title: string, body: Html, prefix = ''): Html {
  const url = (name: AssetName): string => `${prefix}assets/${name}?v=${ASSETS[name].version}`
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${url('icon.svg')}" type="image/svg+xml">
${STYLESHEETS.map((name) => html`<link rel="stylesheet" href="${url(name)}">`)}
<script type="module" src="${url('checkout.js')}"></script>
<script type="module" src="${url('session.js')}"></script>
</head>
<body>
${body}
<footer>cTrip</footer>
</body>
</html>
`
}

function languages(current: Locale): Html {
  const links = LANGUAGES.map((language) => {
    const here = language === current.language
    return html`<a href="?lang=${language}" lang="${language}" hreflang="${language}"${here ? html` aria-current="true"` : null}>${LOCALES[language].language_name}</a>`
  })
  return html`<nav aria-label="${current.text('language_label')}">${links}</nav>`
}
