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
 * `emptied`: the address held nothing after it, so that all before it are gone whatever the sums say (tokens that shrink).
 */
export function attribute(oldestFirst: readonly Uncollected[], left: Amount, emptied: boolean): TransferId[] {
  if (emptied) return oldestFirst.map(({ id }) => id)
  const taken: TransferId[] = []
  let rest: bigint = left
  for (const transfer of oldestFirst) {
    rest -= transfer.amount
    if (rest < 0n) break
    taken.push(transfer.id)
  }
  return taken
}

/** Splits a total in equal parts; the first ones carry what does not divide. */
export function shares(total: bigint, parts: number): Amount[] {
  const count = BigInt(parts)
  return Array.from({ length: parts }, (_, n) => amount(total / count + (BigInt(n) < total % count ? 1n : 0n)))
}
