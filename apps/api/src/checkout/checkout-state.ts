import { ZERO } from '@ctrip/domain/amount'
import type { Payment, PaymentFlag, PaymentStatus, Transfer } from '@ctrip/domain/payment/payment'
import { counts } from '@ctrip/domain/payment/received'

export type Stage =
  | 'waiting'
  | 'partly_paid'
  /** The time is up, but the chain has not been scanned so far: what was sent in time still counts. */
  | 'checking'
  /** The merchant asked to cancel, but the chain has not been scanned so far: what was sent before still counts. */
  | 'canceling'
  | 'detected'
  | 'paid'
  | 'settled'
  | 'expired'
  | 'expired_partly'
  | 'late_review'
  | 'canceled'

const NOTICES = ['reorged', 'overpaid', 'late', 'wrong_asset', 'wrong_chain', 'paid_after_cancel'] as const
type Notice = (typeof NOTICES)[number]
type Tone = 'waiting' | 'progress' | 'success' | 'problem'

interface StageLook {
  readonly tone: Tone
  /** How many of the three steps (pay, confirm, done) are behind the payer. */
  readonly stepsDone: 0 | 1 | 2 | 3
  /** Whether the payer is asked for money: nobody is shown an address that should get no more. */
  readonly payable: boolean
  /** Nothing that the payer waits for comes after it. */
  readonly final: boolean
}

const look = (tone: Tone, stepsDone: 0 | 1 | 2 | 3, more: Partial<StageLook> = {}): StageLook => ({
  tone,
  stepsDone,
  payable: false,
  final: false,
  ...more,
})

export const STAGES: Readonly<Record<Stage, StageLook>> = {
  waiting: look('waiting', 0, { payable: true }),
  partly_paid: look('waiting', 0, { payable: true }),
  checking: look('progress', 0),
  canceling: look('progress', 0),
  detected: look('progress', 1),
  paid: look('success', 3),
  settled: look('success', 3, { final: true }),
  expired: look('problem', 0),
  expired_partly: look('problem', 0),
  late_review: look('problem', 1),
  canceled: look('problem', 0, { final: true }),
}

export interface CheckoutState {
  readonly stage: Stage
  readonly notices: readonly Notice[]
}

/** What the payer is told of a payment. `now` is the server's time. */
export function checkoutState(payment: Payment, transfers: readonly Transfer[], now: Date): CheckoutState {
  const stage = stageOf(payment, now)
  return { stage, notices: noticesOf(payment, transfers, stage) }
}

function stageOf(payment: Payment, now: Date): Stage {
  const timeIsUp = now.getTime() >= payment.expiresAt.getTime()
  const stages: Record<PaymentStatus, Stage> = {
    pending: timeIsUp ? 'checking' : payment.cancelRequestedAt !== null ? 'canceling' : 'waiting',
    partially_paid: timeIsUp ? 'checking' : 'partly_paid',
    detected: 'detected',
    confirmed: 'paid',
    settled: 'settled',
    expired: expiredStage(payment),
    canceled: 'canceled',
  }
  return stages[payment.status]
}

function expiredStage({ flags, amountReceived, latePolicy, amountAccepted }: Payment): Stage {
  if (amountReceived === ZERO) return 'expired'
  return flags.includes('late') && latePolicy === 'review' && amountAccepted === null ? 'late_review' : 'expired_partly'
}

function noticesOf(payment: Payment, transfers: readonly Transfer[], stage: Stage): Notice[] {
  const has = (flag: PaymentFlag): boolean => payment.flags.includes(flag)
  const is: Record<Notice, boolean> = {
    // Once it is paid, the reorg that it went through is of no interest to the payer.
    reorged: has('reorged') && STAGES[stage].tone !== 'success',
    overpaid: has('overpaid'),
    late: has('late') && stage !== 'late_review',
    wrong_asset: has('wrong_asset'),
    wrong_chain: has('wrong_chain'),
    paid_after_cancel: stage === 'canceled' && transfers.some((transfer) => counts(payment, transfer)),
  }
  return NOTICES.filter((notice) => is[notice])
}
