import { currencyDigits, formatMinorUnits } from '@ctrip/domain/rates/currencies'
import type { Locale } from './locales'

/** A fiat amount as people of the language write it: `$1,234.50`, `1.234,50 $`. Exact for amounts of any size. */
export function fiatText(amount: bigint, currency: string, { language }: Locale): string {
  const digits = currencyDigits(currency)
  const [whole = '', fraction = ''] = formatMinorUnits(amount, currency).split('.')
  const format = new Intl.NumberFormat(language, {
    ...{ style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits },
  })
  const parts = format.formatToParts(BigInt(whole))
  return parts.map(({ type, value }) => (type === 'fraction' ? fraction : value)).join('')
}
