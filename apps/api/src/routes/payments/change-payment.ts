import type { Executor } from '@ctrip/db/database/database'
import { changePayments } from '@ctrip/db/payments/change-payments'
import { findPayment } from '@ctrip/db/payments/payment-lists'
import { lockPayments } from '@ctrip/db/payments/payments'
import { reportChanges } from '@ctrip/db/payments/report-changes'
import type { PaymentId } from '@ctrip/domain/ids'
import type { Fact, Refusal } from '@ctrip/domain/payment/transition'
import { type PaymentView, renderPayment } from '@ctrip/domain/payment/view'
import type { Logger } from '@ctrip/telemetry/logger'
import type { Answer, MerchantCaller } from '../../http/endpoint'
import { conflict, notFound, type Problem } from '../../http/problem'

export interface ChangePaymentDeps {
  readonly wakeRelay: () => void
  readonly log: Logger
}

interface Asked {
  readonly db: Executor
  readonly caller: MerchantCaller
  readonly id: PaymentId
  readonly fact: Fact
}

const REFUSALS: Readonly<Record<Refusal, string>> = {
  already_received: 'Something has been received for this payment: it can no longer be canceled.',
  already_closed: 'This payment is closed already.',
  nothing_to_accept: 'There is no late money here that waits to be accepted.',
}

/** What a merchant asks of its payment goes through the same rules as what the chain does to it. */
export async function changePayment(
  { wakeRelay, log }: ChangePaymentDeps,
  { db, caller, id, fact }: Asked,
): Promise<Answer<PaymentView> | Problem> {
  if ((await findPayment(db, caller.merchantId, id)) === null) return notFound('payment')
  await lockPayments(db, [id])
  const results = await changePayments(db, [id], () => fact, { actor: caller.keyId })
  const [result] = results
  if (result === undefined) return notFound('payment')
  const { subject, outcome } = result
  if (outcome.kind === 'refused') return conflict(outcome.reason, REFUSALS[outcome.reason])
  const payment = outcome.kind === 'changed' ? outcome.payment : subject.payment
  return {
    body: renderPayment(payment, subject.transfers, subject.chain.headNumber),
    log: { payment_id: id },
    committed: () => {
      reportChanges(log, results)
      wakeRelay()
    },
  }
}
