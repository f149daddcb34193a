import { type Amount, amount, sum } from '../amount'
import type { TransferId } from '../ids'

/** Money at an address that no sweep has taken yet. */
export interface Uncollected {
  readonly id: TransferId
  readonly amount: Amount
}

/** What a sweep did to an address. */
export interface Taking {
  readonly left: Amount
  /** What the address held after it; null where that was not asked, or is not known any more. */
  readonly remaining: Amount | null
  /** What the address may have paid or kept back for gas; null for a token, which pays for none, and which alone may shrink. */
  readonly gas: Amount | null
}

/**
 * Which transfers a sweep took: the oldest first, as far as what left the address goes. What arrived after it was signed
 * stays, although it may stand before the sweep in the chain, and so does what was overlooked when it was signed: all that
 * stays must be in what remains. What neither left nor remains was paid for gas, or is what a token shrank by: taken too.
 * Tokens that count in shares (stETH) leave a unit or two behind by rounding: that is no part of a transfer that stays.
 */
export function attribute(oldestFirst: readonly Uncollected[], { left, remaining, gas }: Taking): TransferId[] {
  const paidFor = countWithin(oldestFirst, left)
  const gone =
    remaining === null ? 0 : oldestFirst.length - countStaying(oldestFirst, remaining, gas ?? roundingOf(oldestFirst))
  const covered = gas === null ? oldestFirst.length : countWithin(oldestFirst, sum([left, gas]))
  return oldestFirst.slice(0, Math.max(paidFor, Math.min(gone, covered))).map(({ id }) => id)
}

/** Less than a millionth. */
const ROUNDING = 1_000_000n

function roundingOf(transfers: readonly Uncollected[]): Amount {
  return amount(sum(transfers.map((transfer) => transfer.amount)) / ROUNDING)
}

/** Which transfers cannot be at an address any more that holds no more than this. */
export function attributeGone(oldestFirst: readonly Uncollected[], remaining: Amount): TransferId[] {
  const stay = countWithin(oldestFirst.toReversed(), remaining)
  return oldestFirst.slice(0, oldestFirst.length - stay).map(({ id }) => id)
}

/** How many of the newest remain: those that do in full, and one of which more than a leftover of gas does. */
function countStaying(oldestFirst: readonly Uncollected[], remaining: Amount, leftover: Amount): number {
  const newestFirst = oldestFirst.toReversed()
  const whole = countWithin(newestFirst, remaining)
  const rest = remaining - sum(newestFirst.slice(0, whole).map((transfer) => transfer.amount))
  return Math.min(oldestFirst.length, rest > leftover ? whole + 1 : whole)
}

/** How many of the first together do not exceed a limit. */
function countWithin(transfers: readonly Uncollected[], limit: Amount): number {
  let rest: bigint = limit
  const at = transfers.findIndex((transfer) => {
    rest -= transfer.amount
    return rest < 0n
  })
  return at === -1 ? transfers.length : at
}

/** Splits a total in equal parts; the first ones carry what does not divide. */
export function shares(total: bigint, parts: number): Amount[] {
  const count = BigInt(parts)
  return Array.from({ length: parts }, (_, n) => amount(total / count + (BigInt(n) < total % count ? 1n : 0n)))
}
