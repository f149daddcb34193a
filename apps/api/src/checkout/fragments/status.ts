import { STAGES, type Stage } from '../checkout-state'
import type { CheckoutView } from '../checkout-view'
import { type Html, html } from '../html'
import type { MessageKey } from '../locales'
import { ICONS } from './icons'

/** Where the payment stands, in words; the one part of the page that is read out when it changes. */
export function statusFragment(view: CheckoutView): Html {
  const { state, locale, words } = view
  const { tone } = STAGES[state.stage]
  return html`<div class="status ${tone}">${ICONS[tone]}<div>
<h2>${locale.text(`${state.stage}_title`, words)}</h2>
<p>${locale.text(explanation(view), words)}${state.stage === 'waiting' ? byItself(view) : null}</p></div></div>${state.notices.map(
    (notice) => html`<div class="notice">${ICONS.problem}<p>${locale.text(`notice_${notice}`, words)}</p></div>`,
  )}${wayBack(view)}`
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

function explanation({ state, payment }: CheckoutView): MessageKey {
  const key: `${Stage}_text` = `${state.stage}_text`
  return key === 'detected_text' && payment.confirmationsRequired === null ? 'detected_text_tag' : key
}
