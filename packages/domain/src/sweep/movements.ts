import type { Address } from '../address'
import { AMOUNT_MAX, type Amount, amount, ZERO } from '../amount'
import type { Hash } from '../hash'

/** A holder's token balances around a block, as the contract tells them; null if no provider has them. */
export interface BalanceChange {
  readonly before: Amount | null
  readonly after: Amount | null
}

/** A transfer as a token announces it: a hint. */
export interface AnnouncedMove {
  readonly from: Address
  readonly to: Address
  readonly amount: Amount
  readonly transactionHash: Hash
}

/** An address that a transaction of ours was to empty. */
export interface Emptied extends BalanceChange {
  readonly address: Address
  readonly transactionHash: Hash
  /** The amount that the transaction requested. */
  readonly requested: Amount
}

export interface Movement extends Emptied {
  /** The amount that truly left the address. */
  readonly left: Amount
  /** The part that truly reached the treasury. */
  readonly arrived: Amount
}

/**
 * Decides what one token moved in one block, from all addresses that we emptied in it into one treasury. Balances decide, and the
 * token's events only tell whose share is whose: a token may announce nothing, too much, or twice
 * (docs/adr/0008-what-moved-is-what-balances-say.md). Never more leaves than was there, never more arrives than left.
 */
export function movementsOf(
  emptied: readonly Emptied[],
  treasury: TreasuryChange,
  announced: readonly AnnouncedMove[],
): Movement[] {
  const moves = announced.filter(({ from, to }) => from !== to)
  const left = emptied.map((one) => leftBy(one, moves))
  const told = emptied.map((one) => toldToArrive(one, treasury.address, moves))
  const arrived = arrivedOf(left, told, unannounced(treasury, moves))
  return emptied.map((one, at) => ({ ...one, left: left[at] ?? ZERO, arrived: arrived[at] ?? ZERO }))
}

interface TreasuryChange extends BalanceChange {
  readonly address: Address
}

/**
 * By its own balance; what others paid in, or other transactions took, in the same block is set off. Where the balance
 * cannot be had, by the events of its own transaction, as far as that asked for it.
 */
function leftBy(
  { address, before, after, requested, transactionHash }: Emptied,
  moves: readonly AnnouncedMove[],
): Amount {
  const gone = moves.filter(({ from }) => from === address)
  const own = total(gone.filter((move) => move.transactionHash === transactionHash))
  if (before === null || after === null) return clamped(own, requested)
  const there = before + total(moves.filter(({ to }) => to === address))
  return clamped(there - (total(gone) - own) - after, there)
}

function toldToArrive(
  { address, transactionHash }: Emptied,
  treasury: Address,
  moves: readonly AnnouncedMove[],
): bigint {
  const own = moves.filter((move) => move.transactionHash === transactionHash)
  return total(own.filter(({ from, to }) => from === address && to === treasury))
}

/** By how much the treasury changed beyond all that was announced; 0 where events add up, or nobody can tell. */
function unannounced({ address, before, after }: TreasuryChange, moves: readonly AnnouncedMove[]): bigint {
  if (before === null || after === null) return 0n
  const came = total(moves.filter(({ to }) => to === address))
  const went = total(moves.filter(({ from }) => from === address))
  return after - before - (came - went)
}

/**
 * As told, where events add up. Else all that the treasury got besides others' payments, by what each address gave. A
 * difference that our transfers cannot explain (a treasury that shrank, or grew, by more than they moved) is something
 * else: then events have the last word, and where there are none, what left.
 */
function arrivedOf(left: readonly Amount[], told: readonly bigint[], difference: bigint): Amount[] {
  const toldInAll = bigSum(told)
  const came = toldInAll + difference
  const explains = difference !== 0n && came >= 0n && came <= bigSum(left)
  if (explains) return inProportion(came, left)
  if (toldInAll === 0n && difference > 0n) return [...left]
  return left.map((most, at) => clamped(told[at] ?? 0n, most))
}

/** Splits a whole by weights, none of which it exceeds; the first ones carry what does not divide. */
function inProportion(whole: bigint, weights: readonly Amount[]): Amount[] {
  const weight = bigSum(weights)
  const parts = weights.map((one) => (weight === 0n ? 0n : (whole * one) / weight))
  let rest = whole - bigSum(parts)
  return parts.map((part, at) => {
    const more = rest > 0n && part < (weights[at] ?? ZERO) ? 1n : 0n
    rest -= more
    return amount(part + more)
  })
}

/** Not as an amount: a token can announce 2²⁵⁶−1 twice. */
function total(moves: readonly AnnouncedMove[]): bigint {
  return bigSum(moves.map((move) => move.amount))
}

function bigSum(values: readonly bigint[]): bigint {
  return values.reduce((all, value) => all + value, 0n)
}

function clamped(value: bigint, most: bigint): Amount {
  if (value <= 0n || most <= 0n) return ZERO
  if (value > AMOUNT_MAX && most > AMOUNT_MAX) return AMOUNT_MAX
  return amount(value < most ? value : most)
}
