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
  )}`
}

/** A promise that only our script keeps. */
function byItself({ locale }: CheckoutView): Html {
  return html`<span class="js-only"> ${locale.text('waiting_by_itself')}</span>`
}

function explanation({ state, payment }: CheckoutView): MessageKey {
  const key: `${Stage}_text` = `${state.stage}_text`
  return key === 'detected_text' && payment.confirmationsRequired === null ? 'detected_text_tag' : key
}
