import { type Amount, amount } from './amount'
import { assert } from './assert'

/** An exact fraction; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** Units of a currency for one whole unit of an asset. Both parts are positive and have no common factor. */
export type Rate = Rational

/** An amount that is asked for has at most this many decimals of its asset: more than a payer reads or a wallet shows. */
export const QUOTE_DECIMALS_MAX = 8
const RATE_DECIMALS_SHOWN = 18

/** A rate from a fraction. Throws RangeError unless both parts are positive. */
export function rateOf(numerator: bigint, denominator: bigint): Rate {
  if (numerator <= 0n || denominator <= 0n) throw new RangeError(`a rate is positive: ${numerator}/${denominator}`)
  const divisor = greatestCommonDivisor(numerator, denominator)
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}

/** The rate that a feed's answer says: `rateOfAnswer(312345000000n, 8)` is 3123.45. */
export function rateOfAnswer(answer: bigint, decimals: number): Rate {
  return rateOf(answer, tenToThe(decimals))
}

/** Parses a positive decimal ("1", "0.9995") with at most 18 digits on either side of the point, or returns null. */
export function parseRate(text: string): Rate | null {
  const match = /^(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,18}))?$/.exec(text)
  if (match === null) return null
  const fraction = match[2] ?? ''
  const digits = BigInt(`${match[1]}${fraction}`)
  return digits === 0n ? null : rateOfAnswer(digits, fraction.length)
}

/**
 * The rate as a decimal, without trailing zeros. A rate with more than 18 digits after the point is rounded up: an amount that was quoted
 * at the exact rate is then never worth less than its price at the rate that is shown.
 */
export function formatRate(rate: Rate): string {
  const scaled = divideUp(rate.numerator * tenToThe(RATE_DECIMALS_SHOWN), rate.denominator)
  const text = scaled.toString().padStart(RATE_DECIMALS_SHOWN + 1, '0')
  const fraction = text.slice(-RATE_DECIMALS_SHOWN).replace(/0+$/, '')
  const whole = text.slice(0, -RATE_DECIMALS_SHOWN)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** Units of a currency for one unit of an asset, from the dollars that each of them is worth. Exact. */
export function crossRate(assetUsd: Rate, currencyUsd: Rate): Rate {
  return rateOf(assetUsd.numerator * currencyUsd.denominator, assetUsd.denominator * currencyUsd.numerator)
}

/** Units of B for one of A times units of C for one of B: units of C for one of A. Exact. */
export function chainRates(first: Rate, second: Rate): Rate {
  return rateOf(first.numerator * second.numerator, first.denominator * second.denominator)
}

/** The currency's minor units, the rate and the asset's decimals: all that an amount and its value need to be worked out of each other. */
export interface RateTerms {
  readonly rate: Rate
  readonly assetDecimals: number
  readonly currencyDigits: number
}

/**
 * The asset's base units that a price in minor units comes to, rounded up once, to a multiple of `quoteStep`. The amount is never worth less than
 * the price, and exceeds it by less than one step. Throws RangeError above 2²⁵⁶−1.
 */
export function quoteAmount(terms: RateTerms & { readonly price: bigint }): Amount {
  assert(terms.price > 0n, 'a price is positive')
  const step = quoteStep(terms.assetDecimals)
  const dividend = terms.price * terms.rate.denominator * tenToThe(terms.assetDecimals)
  const divisor = terms.rate.numerator * tenToThe(terms.currencyDigits)
  return amount(divideUp(dividend, divisor * step) * step)
}

/** The base units that quoted amounts are multiples of: 1, or 10^10 for an asset of 18 decimals. */
export function quoteStep(assetDecimals: number): bigint {
  return tenToThe(Math.max(0, assetDecimals - QUOTE_DECIMALS_MAX))
}

/** The value of an amount of base units, in minor units of the currency. Exact; `floorOf` is the whole minor units of it. */
export function valueAtRate(terms: RateTerms & { readonly amount: bigint }): Rational {
  assert(terms.amount >= 0n, 'an amount is not negative')
  return reduced(
    terms.amount * terms.rate.numerator * tenToThe(terms.currencyDigits),
    terms.rate.denominator * tenToThe(terms.assetDecimals),
  )
}

/** The largest integer that is not above the value. */
export function floorOf(value: Rational): bigint {
  assert(value.numerator >= 0n, 'a value is not negative')
  return value.numerator / value.denominator
}

/** The sum of values, exact: rounding each would lose up to a minor unit per part. */
export function sumOf(values: Iterable<Rational>): Rational {
  let total: Rational = { numerator: 0n, denominator: 1n }
  for (const value of values) {
    total = reduced(
      total.numerator * value.denominator + value.numerator * total.denominator,
      total.denominator * value.denominator,
    )
  }
  return total
}

/** Whether two rates differ by more than this share of the first, in hundredths of a percent. */
export function differByMoreThan(base: Rate, other: Rate, bps: number): boolean {
  const left = base.numerator * other.denominator
  const right = other.numerator * base.denominator
  const difference = left > right ? left - right : right - left
  return difference * 10_000n > left * BigInt(bps)
}

function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}

function tenToThe(power: number): bigint {
  assert(Number.isInteger(power) && power >= 0 && power <= 255, `not a number of decimals: ${power}`)
  return 10n ** BigInt(power)
}

function reduced(numerator: bigint, denominator: bigint): Rational {
  const divisor = numerator === 0n ? denominator : greatestCommonDivisor(numerator, denominator)
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [a, b] = [left, right]
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}
