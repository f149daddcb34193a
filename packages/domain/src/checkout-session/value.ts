import { AMOUNT_MAX, type Amount, amount } from '../amount'
import type { TransferId } from '../ids'
import type { PaymentWithTransfers, Transfer } from '../payment/payment'
import { counts, isConfirmed, isCredited, wasIncludedBy } from '../payment/received'
import { floorOf, type Rate, type Rational, sumOf, valueAtRate } from '../rates'
import { currencyDigits } from '../rates/currencies'
import { type CheckoutSession, valueEnough } from './session'

/** A payment of a session, with all that its money's value depends on. */
export interface SessionPayment extends PaymentWithTransfers {
  /**
   * The rate in force at the block's time, for each transfer whose block is later than the end of its payment's quote. A transfer that has no
   * rate has no value until one is recorded for its time.
   */
  readonly lateRates: ReadonlyMap<TransferId, Rate>
}

/** The value of a session's money, in minor units. Always recomputed from all canonical transfers, never incremented. */
export interface SessionValue {
  readonly confirmed: Rational
  /** Confirmed or not. */
  readonly received: Rational
  /** Confirmed or not, in blocks that are not later than the session's end. */
  readonly inTime: Rational
}

export function valueOfMoney(session: CheckoutSession, payments: readonly SessionPayment[]): SessionValue {
  const parts = payments.flatMap((payment) =>
    creditedTransfers(payment).map((transfer) => ({
      value: valueOfTransfer(payment, transfer, session.price.currency),
      isConfirmed: isConfirmed(transfer),
      isInTime: wasIncludedBy(transfer, payment.transfers, session.expiresAt),
    })),
  )
  const total = (chosen: typeof parts): Rational => sumOf(chosen.map(({ value }) => value))
  return {
    confirmed: total(parts.filter((part) => part.isConfirmed)),
    received: total(parts),
    inTime: total(parts.filter((part) => part.isInTime)),
  }
}

/** The amounts that a session shows. Paid, pending and due add up to the price, unless more than the price was received. */
export function shownAmounts({ confirmed, received }: SessionValue): {
  readonly paid: Amount
  readonly pending: Amount
} {
  const paid = shown(confirmed)
  return { paid, pending: amount(shown(received) - paid) }
}

/** The value that is still due: what is received and not confirmed counts, so that nobody is asked for it twice. */
export function amountDue({ price, amountPaid, amountPending }: CheckoutSession): Amount {
  const due = price.amount - amountPaid - amountPending
  return amount(due > 0n ? due : 0n)
}

/** Whether the value, confirmed or not, is enough to complete the session once it is confirmed. */
export function isEnough(session: CheckoutSession, value: Rational): boolean {
  return value.numerator >= valueEnough(session) * value.denominator
}

/** The transfers whose block is later than the end of their payment's quote: their value is at the rate of their block's time. */
export function lateTransfers({ payment, transfers }: PaymentWithTransfers): readonly Transfer[] {
  const { quote } = payment
  if (quote === null) return []
  return transfers.filter(
    (transfer) => counts(payment, transfer) && !wasIncludedBy(transfer, transfers, quote.expiresAt),
  )
}

/** The value of one payment's money that is in its quote and not received yet, in minor units, rounded up; what its address still asks for. */
export function quoteLeft({ payment }: PaymentWithTransfers): bigint {
  const { quote, amount: asked, amountReceived } = payment
  if (quote === null || amountReceived >= asked) return 0n
  return (quote.amount * (asked - amountReceived) + asked - 1n) / asked
}

/** A canceled payment's money waits for the merchant to accept it, as late money does under review. */
function creditedTransfers({ payment, transfers }: SessionPayment): readonly Transfer[] {
  if (payment.status === 'canceled') return []
  return transfers.filter((transfer) => isCredited(payment, transfer))
}

const NOTHING: Rational = { numerator: 0n, denominator: 1n }

/** Its share of the quote, whatever more than the quote it is; or its value at the rate of its block's time. */
function valueOfTransfer(
  { payment, transfers, lateRates }: SessionPayment,
  transfer: Transfer,
  currency: string,
): Rational {
  const { quote } = payment
  if (quote === null || quote.currency !== currency) return NOTHING
  if (wasIncludedBy(transfer, transfers, quote.expiresAt))
    return { numerator: transfer.amount * quote.amount, denominator: payment.amount }
  const rate = lateRates.get(transfer.id)
  if (rate === undefined) return NOTHING
  return valueAtRate({
    ...{ rate, amount: transfer.amount },
    ...{ assetDecimals: payment.asset.decimals, currencyDigits: currencyDigits(currency) },
  })
}

/** A token may announce more than it has: what is shown stays within an amount's bound. */
function shown(value: Rational): Amount {
  const whole = floorOf(value)
  return whole > AMOUNT_MAX ? AMOUNT_MAX : amount(whole)
}
