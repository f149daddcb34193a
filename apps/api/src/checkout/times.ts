import type { Locale } from './locales'

/** For people, in UTC: the server does not know where they are. */
export function shortTime(at: Date, { language }: Locale): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return `${format.format(at)} UTC`
}
