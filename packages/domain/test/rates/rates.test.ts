import fc from 'fast-check'
import {
  crossRate,
  differByMoreThan,
  floorOf,
  formatRate,
  parseRate,
  quoteAmount,
  quoteStep,
  type Rate,
  type Rational,
  rateOf,
  rateOfAnswer,
  sumOf,
  valueAtRate,
} from '../../src/rates'
import { currencyDigits, formatMinorUnits, isCurrency } from '../../src/rates/currencies'

const rates = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 30n }))
  .map(([numerator, denominator]) => rateOf(numerator, denominator))
const terms = fc.record({
  price: fc.bigInt({ min: 1n, max: 10n ** 14n }),
  rate: rates,
  assetDecimals: fc.constantFrom(0, 2, 6, 8, 9, 18, 24),
  currencyDigits: fc.constantFrom(0, 2, 3, 4),
})

/** Whether the value is below this many minor units. */
function isBelow(value: Rational, minorUnits: bigint): boolean {
  return value.numerator < minorUnits * value.denominator
}

/** The rate as a reader of the API sees it: the text, parsed. */
function shownRate(rate: Rate): Rate {
  const shown = parseRate(formatRate(rate))
  if (shown === null) throw new Error(`not a rate: ${formatRate(rate)}`)
  return shown
}

describe('a quoted amount', () => {
  it('is never worth less than the price', () => {
    fc.assert(
      fc.property(terms, (given) => !isBelow(valueAtRate({ ...given, amount: quoteAmount(given) }), given.price)),
    )
  })

  it('exceeds the price by less than one step', () => {
    fc.assert(
      fc.property(terms, (given) => {
        const oneStepLess = quoteAmount(given) - quoteStep(given.assetDecimals)
        return isBelow(valueAtRate({ ...given, amount: oneStepLess }), given.price)
      }),
    )
  })

  it('has at most 8 decimals of the asset', () => {
    fc.assert(
      fc.property(terms, (given) => {
        const unit = 10n ** BigInt(Math.max(0, given.assetDecimals - 8))
        return quoteAmount(given) % unit === 0n
      }),
    )
  })

  it('is not worth less than the price at the rate that is shown either', () => {
    const shownWhole = terms.filter(({ rate }) => rate.numerator < rate.denominator * 10n ** 17n)
    fc.assert(
      fc.property(shownWhole, (given) => {
        const amount = quoteAmount(given)
        return !isBelow(valueAtRate({ ...given, rate: shownRate(given.rate), amount }), given.price)
      }),
    )
  })

  it.each([
    ['19.99 USD of a token at 1 USD', 1999n, '1', 6, 2, 19_990_000n],
    ['19.99 USD of ether at 3000 USD, rounded up to 8 decimals', 1999n, '3000', 18, 2, 6_663_340_000_000_000n],
    ['1 yen of ether at 450000 JPY', 1n, '450000', 18, 0, 2_230_000_000_000n],
    ['1 cent of a token of 2 decimals at 3 USD', 1n, '3', 2, 2, 1n],
    ['20 USD of ether at 2000 USD, exactly', 2000n, '2000', 18, 2, 10n ** 16n],
  ])('of %s is exact', (_what, price, rate, assetDecimals, digits, expected) => {
    expect(quoteAmount({ price, rate: parseRate(rate) ?? rateOf(1n, 1n), assetDecimals, currencyDigits: digits })).toBe(
      expected,
    )
  })

  it('beyond a uint256 is refused', () => {
    const rate = rateOf(1n, 10n ** 60n)
    expect(() => quoteAmount({ price: 10n ** 14n, rate, assetDecimals: 18, currencyDigits: 2 })).toThrow(RangeError)
  })
})

describe('the value of money', () => {
  it('of parts is the value of the whole, whichever way it is parted', () => {
    const parts = fc.array(fc.bigInt({ min: 0n, max: 10n ** 30n }), { maxLength: 8 })
    fc.assert(
      fc.property(terms, parts, (given, amounts) => {
        const apart = sumOf(amounts.map((amount) => valueAtRate({ ...given, amount })))
        const whole = valueAtRate({ ...given, amount: amounts.reduce((total, amount) => total + amount, 0n) })
        return apart.numerator === whole.numerator && apart.denominator === whole.denominator
      }),
    )
  })

  it('is rounded down to whole minor units only by floorOf', () => {
    const value = valueAtRate({ amount: 1_999_999n, rate: rateOf(1n, 1n), assetDecimals: 6, currencyDigits: 2 })
    expect(value).toEqual({ numerator: 1_999_999n, denominator: 10_000n })
    expect(floorOf(value)).toBe(199n)
  })

  it('of nothing is nothing', () => {
    expect(floorOf(valueAtRate({ amount: 0n, rate: rateOf(1n, 3n), assetDecimals: 18, currencyDigits: 2 }))).toBe(0n)
    expect(floorOf(sumOf([]))).toBe(0n)
  })
})

describe('a rate', () => {
  it('of a cross is exact: what one unit of the asset buys of the currency costs as many dollars', () => {
    fc.assert(
      fc.property(rates, rates, (assetUsd, currencyUsd) => {
        const cross = crossRate(assetUsd, currencyUsd)
        const back = rateOf(cross.numerator * currencyUsd.numerator, cross.denominator * currencyUsd.denominator)
        return back.numerator === assetUsd.numerator && back.denominator === assetUsd.denominator
      }),
    )
  })

  it.each([
    [312_345_000_000n, 8, '3123.45'],
    [1n, 18, '0.000000000000000001'],
    [1n, 19, '0.000000000000000001'],
    [100_000_000n, 8, '1'],
    [7n, 0, '7'],
  ])('of the response %s with %s decimals is written %s', (answer, decimals, text) => {
    expect(formatRate(rateOfAnswer(answer, decimals))).toBe(text)
  })

  it('is written without loss where 18 decimals hold it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 30n }), (digits) => {
        const rate = rateOfAnswer(digits, 18)
        const shown = formatRate(rate)
        return digits >= 10n ** 36n || (parseRate(shown)?.numerator === rate.numerator && !shown.endsWith('0.'))
      }),
    )
  })

  it.each(['0', '0.0', '-1', '1.', '.5', '01', '1e3', '', ' 1', '1.0000000000000000001'])(
    'is not read from %j',
    (text) => {
      expect(parseRate(text)).toBeNull()
    },
  )

  it('is never zero or negative', () => {
    expect(() => rateOf(0n, 1n)).toThrow(RangeError)
    expect(() => rateOfAnswer(-5n, 8)).toThrow(RangeError)
  })

  it('differs by more than 20 % only beyond 20 %', () => {
    const base = rateOf(100n, 1n)
    expect([80n, 120n].map((other) => differByMoreThan(base, rateOf(other, 1n), 2000))).toEqual([false, false])
    expect([79n, 121n].map((other) => differByMoreThan(base, rateOf(other, 1n), 2000))).toEqual([true, true])
  })
})

describe('a currency', () => {
  it.each([
    ['USD', 2],
    ['EUR', 2],
    ['JPY', 0],
    ['KWD', 3],
    ['CLF', 4],
  ])('%s has %s digits after the point', (code, digits) => {
    expect(currencyDigits(code)).toBe(digits)
  })

  it('that ISO 4217 does not list is refused', () => {
    expect(isCurrency('usd')).toBe(false)
    expect(() => currencyDigits('XXX')).toThrow(RangeError)
  })

  it('is written with all its digits', () => {
    expect([formatMinorUnits(1999n, 'USD'), formatMinorUnits(5n, 'USD'), formatMinorUnits(7n, 'JPY')]).toEqual([
      '19.99',
      '0.05',
      '7',
    ])
  })
})
