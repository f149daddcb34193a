import type { Brand } from './brand'

/** Money: an integer count of an asset's base units (wei for ETH), 0 … 2²⁵⁶−1. Never a float, never an int64. */
export type Amount = Brand<bigint, 'Amount'>

export const AMOUNT_MAX = (2n ** 256n - 1n) as Amount
export const ZERO = 0n as Amount

const DIGITS = /^(0|[1-9][0-9]{0,77})$/

/** An amount from a bigint; throws RangeError outside 0 … 2²⁵⁶−1. */
export function amount(value: bigint): Amount {
  if (value < 0n || value > AMOUNT_MAX) throw new RangeError(`amount out of range: ${value}`)
  return value as Amount
}

/** Parses an integer string in base units (no sign, point, exponent or leading zero), or returns null. */
export function parseAmount(text: string): Amount | null {
  if (!DIGITS.test(text)) return null
  const value = BigInt(text)
  return value <= AMOUNT_MAX ? (value as Amount) : null
}

/**
 * Adds up amounts, up to 2²⁵⁶−1. An honest asset's supply bounds every sum. A token may announce more than it has, and must not
 * stop the chain by that: the sum then stays at the bound, and each transfer keeps its own amount.
 */
export function sum(amounts: Iterable<Amount>): Amount {
  let total = 0n
  for (const part of amounts) total += part
  return amount(total < AMOUNT_MAX ? total : AMOUNT_MAX)
}

/** The exact decimal spelling in units of the asset, without trailing zeros: `formatUnits(1500000n, 6)` is `1.5`. */
export function formatUnits(value: Amount, decimals: number): string {
  if (decimals === 0) return value.toString()
  const digits = value.toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, -decimals)
  const fraction = digits.slice(-decimals).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
