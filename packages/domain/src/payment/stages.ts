import type { EventType } from '../events'
import type { Payment, PaymentState, PaymentStatus, Transfer } from './payment'
import { amountEnough, counts, received, wasIncludedBy } from './received'

/** How far the payment's own chain has been scanned. */
export interface ChainView {
  readonly headNumber: number
  readonly headTime: Date
}

/** The one table: from where to where a payment can go, and what the merchant is told. What is not here cannot happen. */
export const STAGE_EVENTS: Readonly<Record<PaymentStatus, Readonly<Partial<Record<PaymentStatus, EventType>>>>> = {
  pending: {
    partially_paid: 'payment.partially_paid',
    detected: 'payment.detected',
    expired: 'payment.expired',
    canceled: 'payment.canceled',
  },
  partially_paid: {
    detected: 'payment.detected',
    expired: 'payment.expired',
    pending: 'payment.reorged',
  },
  detected: {
    confirmed: 'payment.confirmed',
    partially_paid: 'payment.reorged',
    pending: 'payment.reorged',
  },
  confirmed: {
    settled: 'payment.settled',
    detected: 'payment.reorged',
    partially_paid: 'payment.reorged',
    pending: 'payment.reorged',
  },
  // Confirmed is not final: a reorg deeper than the confirmations may take the money back, or the sweep that took it. One
  // below finality halts the chain and asks for a person.
  settled: {
    confirmed: 'payment.reorged',
    detected: 'payment.reorged',
    partially_paid: 'payment.reorged',
    pending: 'payment.reorged',
  },
  expired: { detected: 'payment.detected' },
  // Money that the merchant accepts, or that a reorg shows to have been in time after all.
  canceled: { partially_paid: 'payment.partially_paid', detected: 'payment.detected' },
}

const FORWARD: readonly PaymentStatus[] = ['pending', 'partially_paid', 'detected', 'confirmed', 'settled']

/**
 * The stages from where the payment stands to what its transfers support, each a row of the table: back to what is left after
 * a reorg, up to what came in time, through expiry if that was not enough, up to what late money adds. A payment whose merchant
 * asked to cancel ends there once the chain has passed that time and nothing had come by then.
 */
export function pathTo(payment: Payment, transfers: readonly Transfer[], chain: ChainView): PaymentStatus[] {
  const { status } = payment
  if (status === 'canceled' && !isTakenUpAgain(payment, transfers)) return []
  const money = received(payment, transfers)
  const paidStage = stageByMoney(payment, money)
  const carriedOn = isPaid(paidStage) ? climb('pending', paidStage) : []
  if (status === 'expired' || (status === 'canceled' && isPaid(paidStage))) return carriedOn

  const back = FORWARD.indexOf(paidStage) < FORWARD.indexOf(status) ? [paidStage] : []
  const from = back[0] ?? (status === 'canceled' ? 'pending' : status)
  if (from === 'pending' && isCanceledBy(payment, transfers, chain)) return [...back, 'canceled']
  const passed = chain.headTime.getTime() > payment.expiresAt.getTime()
  const expires = passed && money.carryingInTime < amountEnough(payment) && !isPaid(from)
  if (!expires) return [...back, ...climb(from, paidStage)]
  const inTime = money.carryingInTime > 0n ? climb(from, 'partially_paid') : []
  return [...back, ...inTime, 'expired', ...carriedOn]
}

/** When each stage was reached: one that the payment fell below is forgotten, and reached again later has its new time. */
export function stageTimes(
  payment: Payment,
  to: PaymentStatus,
  now: Date,
): Pick<PaymentState, 'detectedAt' | 'confirmedAt' | 'settledAt'> {
  const at = (stage: PaymentStatus, before: Date | null): Date | null =>
    FORWARD.indexOf(stage) <= FORWARD.indexOf(to) ? (before ?? now) : null
  return {
    detectedAt: at('detected', payment.detectedAt),
    confirmedAt: at('confirmed', payment.confirmedAt),
    settledAt: at('settled', payment.settledAt),
  }
}

/** Judged by block time, and only once the chain has been scanned past it. What had come by then makes the request void. */
function isCanceledBy(payment: Payment, transfers: readonly Transfer[], chain: ChainView): boolean {
  const { cancelRequestedAt: at, amountAccepted, expiresAt } = payment
  if (at === null || at > expiresAt || amountAccepted !== null || chain.headTime <= at) return false
  return !hasMoneyBy(payment, transfers, at)
}

/** Whether a canceled payment is open again: the merchant accepts its money, or a reorg includes money again that had been in time. */
function isTakenUpAgain(payment: Payment, transfers: readonly Transfer[]): boolean {
  const { cancelRequestedAt: at, amountAccepted } = payment
  return amountAccepted !== null || (at !== null && hasMoneyBy(payment, transfers, at))
}

function hasMoneyBy(payment: Payment, transfers: readonly Transfer[], time: Date): boolean {
  return transfers.some(
    (transfer) => counts(payment, transfer) && transfer.inTime && wasIncludedBy(transfer, transfers, time),
  )
}

function stageByMoney(payment: Payment, money: ReturnType<typeof received>): PaymentStatus {
  const enough = amountEnough(payment)
  if (money.carryingCollected >= enough) return 'settled'
  if (money.carryingConfirmed >= enough) return 'confirmed'
  if (money.carrying >= enough) return 'detected'
  return money.carrying > 0n ? 'partially_paid' : 'pending'
}

function isPaid(status: PaymentStatus): boolean {
  return FORWARD.indexOf(status) >= FORWARD.indexOf('detected')
}

/** Every stage after `from` up to `to`; a payment that arrives whole was never partly paid. */
function climb(from: PaymentStatus, to: PaymentStatus): PaymentStatus[] {
  return FORWARD.slice(FORWARD.indexOf(from) + 1, FORWARD.indexOf(to) + 1).filter(
    (stage) => stage !== 'partially_paid' || to === 'partially_paid',
  )
}
