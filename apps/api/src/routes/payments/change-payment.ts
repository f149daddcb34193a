import type { Executor } from '@ctrip/db/database/database'
import { findPayment } from '@ctrip/db/payments/payment-lists'
import { databaseTime, type PaymentRequest, recordRequest } from '@ctrip/db/payments/payment-requests'
import { lockPayments, type PaymentSubject } from '@ctrip/db/payments/payments'
import type { PaymentId } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import { received } from '@ctrip/domain/payment/received'
import type { Fact, Refusal } from '@ctrip/domain/payment/transition'
import { type PaymentView, renderPayment } from '@ctrip/domain/payment/view'
import type { RateBook } from '@ctrip/domain/rates/rate-book'
import type { Logger } from '@ctrip/telemetry/logger'
import { changePayments } from '@ctrip/use-cases/change-payments'
import { reportChanges } from '@ctrip/use-cases/report-changes'
import type { Answer, MerchantCaller } from '../../http/endpoint'
import { conflict, notFound, type Problem } from '../../http/problem'

export interface ChangePaymentDeps {
  readonly wakeRelay: () => void
  readonly rateBook: RateBook
  readonly log: Logger
}

interface Asked {
  readonly db: Executor
  readonly caller: MerchantCaller
  readonly id: PaymentId
  /** `now`: by the database's clock, read once the payment is locked. */
  readonly fact: (now: Date) => Fact
  /** For the timeline, if it changes something. */
  readonly request: PaymentRequest
}

/** What a merchant asks of its payment goes through the same rules as what the chain does to it. */
export async function changePayment(deps: ChangePaymentDeps, asked: Asked): Promise<Answer<PaymentView> | Problem> {
  const { db, caller, id, fact, request } = asked
  if ((await findPayment(db, caller.merchantId, id)) === null) return notFound('payment')
  await lockPayments(db, [id])
  const now = await databaseTime(db)
  const results = await changePayments(db, [id], () => fact(now), {
    actor: caller.keyId,
    rateBook: deps.rateBook,
  })
  const [result] = results
  if (result === undefined) return notFound('payment')
  const { subject, outcome } = result
  if (outcome.kind === 'refused') return refusal(outcome.reason, subject)
  if (outcome.kind === 'changed') await recordRequest(db, id, request, caller.keyId)
  const payment = outcome.kind === 'changed' ? outcome.payment : subject.payment
  return {
    body: renderPayment(payment, subject.transfers, subject.chain.headNumber),
    log: { payment_id: id },
    committed: () => {
      reportChanges(deps.log, results)
      deps.wakeRelay()
    },
  }
}

function refusal(reason: Refusal, { payment, transfers }: PaymentSubject): Problem {
  return conflict(reason, REFUSALS[reason](payment, received(payment, transfers).total.toString()))
}

const REFUSALS: Readonly<Record<Refusal, (payment: Payment, receivedUnits: string) => string>> = {
  already_received: () => 'Something has been received for this payment: it can no longer be canceled.',
  already_closed: () => 'This payment is closed already.',
  nothing_to_accept: ({ status }) => `There is nothing to accept: the payment is ${status}, and no money waits there.`,
  value_unknown: ({ asset }) =>
    `Nothing came in ${asset.symbol}, and no value is known for what came instead: it cannot be accepted as payment.`,
  amount_changed: (_payment, units) => `The amount received is ${units} by now. Look again, and accept that amount.`,
  not_extendable: ({ status, cancelRequestedAt }) =>
    cancelRequestedAt !== null && status === 'pending'
      ? 'It was asked to cancel this payment: its expiry cannot be moved.'
      : `The payment is ${status}: its expiry can be moved while it is pending or partially_paid, and to a later time.`,
}
