import type { CheckoutSessionId } from '@ctrip/domain/ids'
import { STAGES, type Stage } from '../checkout-state'
import { type CheckoutView, stageText } from '../checkout-view'
import { type Html, html } from '../html'
import { ICONS } from './icons'

/** Where the payment stands, in words; the one part of the page that is read out when it changes. */
export function statusFragment(view: CheckoutView): Html {
  const { state, locale, words } = view
  const { tone } = STAGES[state.stage]
  return html`<div class="status ${tone}">${ICONS[tone]}<div>
<h2>${locale.text(stageText(view, 'title'), words)}</h2>
<p>${locale.text(stageText(view, 'text'), words)}${state.stage === 'waiting' ? byItself(view) : null}</p></div></div>${state.notices.map(
    (notice) => html`<div class="notice">${ICONS.problem}<p>${locale.text(`notice_${notice}`, words)}</p></div>`,
  )}${view.payment.checkoutSession === null ? wayBack(view) : wayOn(view, view.payment.checkoutSession)}`
}

/** To the shop, once there is nothing more to do here; also for who does not want to pay. */
function wayBack({ state, payment, locale, words }: CheckoutView): Html {
  const { tone, payable } = STAGES[state.stage]
  const url = tone === 'success' ? payment.successUrl : tone === 'problem' || payable ? payment.cancelUrl : null
  if (url === null) return html``
  return html`<p class="way-back"><a${payable ? null : html` class="button"`} href="${url}" rel="noreferrer">${locale.text('back_to_shop', words)}</a></p>`
}

/** A promise that only our script keeps. */
function byItself({ locale }: CheckoutView): Html {
  return html`<span class="js-only"> ${locale.text('waiting_by_itself')}</span>`
}

const RENEWABLE: readonly Stage[] = ['checking', 'expired', 'expired_partly']

/** Within a checkout session: to a new quote once this one has ended, to the other ways to pay, or on once this payment is done. */
function wayOn({ state, payment, locale }: CheckoutView, session: CheckoutSessionId): Html {
  const { tone } = STAGES[state.stage]
  const links = `?lang=${locale.language}`
  if (tone === 'success')
    return html`<p class="way-back"><a class="button primary" href="${session}${links}">${locale.text('session_continue')}</a></p>`
  if (state.stage === 'detected' || state.stage === 'canceling') return html``
  const renewal = html`<form method="post" action="${session}/choose${links}"><button class="button primary" name="asset" value="${payment.chain}/${payment.asset.symbol}">${locale.text('quote_renew')}</button></form>`
  return html`<div class="way-back">${RENEWABLE.includes(state.stage) ? renewal : null}<a href="${session}${links}">${locale.text('choose_another')}</a></div>`
}
