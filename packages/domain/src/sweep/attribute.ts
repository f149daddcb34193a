import { type Amount, amount } from '../amount'
import type { TransferId } from '../ids'

/** Money at an address that no sweep has taken yet. */
export interface Uncollected {
  readonly id: TransferId
  readonly amount: Amount
}

/**
 * Which transfers a sweep took: the oldest first, as far as what left the address goes. What arrived after it was signed
 * stays, although it may stand before the sweep in the chain.
 * `remaining`: what the address held after it, where that was asked. What stays must be in there: so whatever the sums say
 * (a token that shrinks, gas paid from a deposit), what cannot be there any more was taken.
 */
export function attribute(oldestFirst: readonly Uncollected[], left: Amount, remaining: Amount | null): TransferId[] {
  const paidFor = countWithin(oldestFirst, left)
  const stay = remaining === null ? 0 : countWithin(oldestFirst.toReversed(), remaining)
  const taken = remaining === null ? paidFor : Math.max(paidFor, oldestFirst.length - stay)
  return oldestFirst.slice(0, taken).map(({ id }) => id)
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
