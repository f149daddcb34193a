import type { CheckoutSession } from '@ctrip/domain/checkout-session/session'
import { lateTransfers, type SessionPayment } from '@ctrip/domain/checkout-session/value'
import type { TransferId } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import type { Rate } from '@ctrip/domain/rates'
import type { RateBook } from '@ctrip/domain/rates/rate-book'
import type { Executor } from '../database/database'
import { type PaymentSubject, readPayments } from '../payments/payments'
import { rateAt } from '../rates/rates'

/** A session's payments with all that their value depends on, oldest first. */
export async function sessionPayments(
  executor: Executor,
  session: CheckoutSession,
  rateBook: RateBook,
): Promise<(SessionPayment & PaymentSubject)[]> {
  const subjects = await readPayments(executor, session.payments)
  const payments: (SessionPayment & PaymentSubject)[] = []
  for (const subject of subjects) {
    const lateRates = new Map<TransferId, Rate>()
    for (const transfer of lateTransfers(subject)) {
      const rate = await rateOf(executor, rateBook, subject.payment, session.price.currency, transfer.blockTime)
      if (rate !== null) lateRates.set(transfer.id, rate)
    }
    payments.push({ ...subject, lateRates })
  }
  return payments
}

/** Null for an asset that is no longer priced, or has never had a rate that could be used. */
async function rateOf(
  executor: Executor,
  rateBook: RateBook,
  payment: Payment,
  currency: string,
  time: Date,
): Promise<Rate | null> {
  const asset = rateBook.assets.find(
    ({ chainId, contract }) => chainId === payment.chainId && contract === payment.asset.contract,
  )
  if (asset === undefined) return null
  return (await rateAt(executor, rateBook, { asset, currency }, time)).rate
}
