import { type Amount, amount, sum } from '../amount'
import type { Payment, PaymentFlag, PaymentTerms, Transfer } from './payment'

/** What a payment's canonical transfers amount to. Always recomputed from all of them, never incremented. */
export interface Received {
  /** Everything in the right asset on the right chain. */
  readonly total: Amount
  readonly confirmed: Amount
  /** What may carry the payment on: in time, or late and accepted. */
  readonly carrying: Amount
  readonly carryingInTime: Amount
  readonly carryingConfirmed: Amount
  readonly carryingCollected: Amount
}

export function received(payment: Payment, transfers: readonly Transfer[]): Received {
  const counted = transfers.filter((transfer) => counts(payment, transfer))
  const carrying = counted.filter((transfer) => isCredited(payment, transfer))
  return {
    total: total(counted),
    confirmed: total(counted.filter(isConfirmed)),
    carrying: total(carrying),
    carryingInTime: total(carrying.filter((transfer) => transfer.inTime)),
    carryingConfirmed: total(carrying.filter(isConfirmed)),
    carryingCollected: total(carrying.filter((transfer) => isConfirmed(transfer) && transfer.collected)),
  }
}

/** Whether a transfer is money for this payment: on the chain now, and what was asked for. */
export function counts(terms: PaymentTerms, transfer: Transfer): boolean {
  return transfer.status !== 'orphaned' && mismatch(terms, transfer) === null && transfer.kind !== 'funding'
}

/** Whether a transfer may carry its payment on: it counts, and came in time or is late and accepted. */
export function isCredited(payment: Payment, transfer: Transfer): boolean {
  return counts(payment, transfer) && (transfer.inTime || acceptsLate(payment))
}

/** Why a transfer is not what was asked for, or null. Addresses are the same on all chains, so money can come on another. */
export function mismatch(terms: PaymentTerms, transfer: Transfer): 'wrong_chain' | 'wrong_asset' | null {
  if (transfer.kind === 'funding') return null
  if (transfer.chainId !== terms.chainId) return 'wrong_chain'
  return transfer.asset.contract === terms.asset.contract ? null : 'wrong_asset'
}

/** The amount to pay: the one asked for, or a lesser one that the merchant has accepted in its place. */
export function amountDue({ amount, amountAccepted }: Payment): Amount {
  return amountAccepted !== null && amountAccepted < amount ? amountAccepted : amount
}

/** The least that counts as paid, in base units. */
export function amountEnough(payment: Payment): Amount {
  return amount(amountDue(payment) - toleranceOf(payment))
}

/** Whether the transfer has ever been in a block of this time or earlier, also one that a reorg has removed since. */
export function wasIncludedBy(transfer: Transfer, transfers: readonly Transfer[], time: Date): boolean {
  return transfers.some(
    ({ txHash, kind, ordinal, blockTime }) =>
      txHash === transfer.txHash && kind === transfer.kind && ordinal === transfer.ordinal && blockTime <= time,
  )
}

/** Flags follow from the transfers, but for `reorged`, which stays once it was true. */
export function flagsOf(payment: Payment, transfers: readonly Transfer[], total: Amount): PaymentFlag[] {
  const canonical = transfers.filter((transfer) => transfer.status !== 'orphaned' && transfer.kind !== 'funding')
  const counted = canonical.filter((transfer) => counts(payment, transfer))
  const is: Record<PaymentFlag, boolean> = {
    overpaid: total > amountDue(payment) + toleranceOf(payment),
    late: counted.some((transfer) => !transfer.inTime),
    reorged: payment.flags.includes('reorged'),
    wrong_asset: canonical.some((transfer) => mismatch(payment, transfer) === 'wrong_asset'),
    wrong_chain: canonical.some((transfer) => mismatch(payment, transfer) === 'wrong_chain'),
    multiple: counted.length > 1,
  }
  return (Object.keys(is) as PaymentFlag[]).filter((flag) => is[flag])
}

function toleranceOf(payment: Payment): bigint {
  return (amountDue(payment) * BigInt(payment.toleranceBps)) / 10_000n
}

function acceptsLate(payment: Payment): boolean {
  return payment.latePolicy === 'accept' || payment.amountAccepted !== null
}

export function isConfirmed(transfer: Transfer): boolean {
  return transfer.status === 'confirmed' || transfer.status === 'final'
}

function total(transfers: readonly Transfer[]): Amount {
  return sum(transfers.map((transfer) => transfer.amount))
}
