import { fiatText } from '../../src/checkout/fiat'
import { chooseLocale } from '../../src/checkout/locales'

describe('a price on the page', () => {
  it.each<[string, string, bigint, string]>([
    ['en', 'USD', 1999n, '$19.99'],
    ['en', 'USD', 5n, '$0.05'],
    ['en', 'JPY', 1999n, '¥1,999'],
    ['en', 'KWD', 1_234_567n, 'KWD 1,234.567'],
    ['de', 'EUR', 123_450n, '1.234,50 €'],
    ['en', 'USD', 999_999_999_999_999_999n, '$9,999,999,999,999,999.99'], // more than a double holds
  ])('in %s of %s is exact and written as its readers write it', (language, currency, amount, expected) => {
    expect(fiatText(amount, currency, chooseLocale(language, undefined)).replace(/\s/g, ' ')).toBe(expected)
  })
})
