import { STAGES } from '../checkout-state'
import type { CheckoutView } from '../checkout-view'
import { type Html, html } from '../html'
import { ICONS } from './icons'

const STEPS = ['step_pay', 'step_confirm', 'step_done'] as const

/** How far the payer has come; nothing where the way has ended elsewhere. */
export function stepsFragment({ state, locale }: CheckoutView): Html {
  const { stepsDone, tone } = STAGES[state.stage]
  if (tone === 'problem') return html``
  const steps = STEPS.map((step, at) => {
    const name = locale.text(step)
    if (at < stepsDone)
      return html`<li class="done">${ICONS.success}<span>${name}<span class="visually-hidden"> (${locale.text('step_is_done')})</span></span></li>`
    const number = html`<span class="number" aria-hidden="true">${at + 1}</span><span>${name}</span>`
    return at === stepsDone ? html`<li aria-current="step">${number}</li>` : html`<li>${number}</li>`
  })
  return html`<ol class="steps" aria-label="${locale.text('steps_label')}">${steps}</ol>`
}
