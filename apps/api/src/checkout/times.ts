import { type Html, html } from './html'
import type { Locale } from './locales'

/** For people, in UTC: the server does not know where they are. */
export function shortTime(at: Date, { language }: Locale): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return `${format.format(at)} UTC`
}

/** The same moment, which our script writes in the zone of the payer's browser. */
export function localTime(at: Date, locale: Locale): Html {
  return html`<time data-local datetime="${at.toISOString()}">${shortTime(at, locale)}</time>`
}
