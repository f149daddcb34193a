import { type Html, html } from '../html'
import type { Locale } from '../locales'
import { ICONS } from './icons'

/** Only for browsers that run our script; the text itself can be selected in all. */
export function copyButton(text: string, label: string, locale: Locale): Html {
  return html`<button type="button" class="copy js-only" data-copy="${text}" data-copied="${locale.text('copied')}" aria-label="${label}">${ICONS.copy}<span class="copy-text" aria-hidden="true"></span></button>`
}
