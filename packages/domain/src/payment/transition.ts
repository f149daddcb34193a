import { assert } from '../assert'
import type { EventDraft, EventType } from '../events'
import type { TransferId } from '../ids'
import type { Payment, PaymentStatus, PaymentWithTransfers, Transfer } from './payment'
import { counts, flagsOf, mismatch, received } from './received'
import { type ChainView, pathTo, STAGE_EVENTS, stageTimes } from './stages'
import { renderPayment, renderTransfer } from './view'

/** What happened. The payment given along holds the transfers as they are after it. */
export type Fact =
  /** `appeared`: seen for the first time in any block; `orphaned`: left the chain just now. */
  | {
      readonly kind: 'transfers_changed'
      readonly appeared: readonly TransferId[]
      readonly orphaned: readonly TransferId[]
    }
  | { readonly kind: 'chain_advanced' }
  | { readonly kind: 'cancel_asked' }
  | { readonly kind: 'accept_asked' }
  | { readonly kind: 'sweep_confirmed' }
  /** A reorg took a confirmed sweep off the chain: what it had collected is not. */
  | { readonly kind: 'sweep_orphaned' }

export interface StatusChange {
  readonly from: PaymentStatus
  readonly to: PaymentStatus
}

export type Refusal = 'already_received' | 'already_closed' | 'nothing_to_accept'

export type Outcome =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: Refusal }
  | {
      readonly kind: 'changed'
      readonly payment: Payment
      readonly steps: readonly StatusChange[]
      readonly events: readonly EventDraft[]
    }

/**
 * Decides everything that becomes of a payment: the one place, pure. `now` is our clock (for the stage times only;
 * expiry and lateness go by the chain's). Each stage passed is told, in order, also when several are passed at once.
 */
export function transition(subject: PaymentWithTransfers, fact: Fact, chain: ChainView, now: Date): Outcome {
  const refusal = refuse(subject, fact)
  if (refusal !== null) return { kind: 'refused', reason: refusal }
  const before = subject.payment
  const asked = fact.kind === 'accept_asked' ? { ...before, lateAccepted: true } : before
  const path: readonly PaymentStatus[] =
    fact.kind === 'cancel_asked' ? ['canceled'] : pathTo(asked, subject.transfers, chain)
  const goesBack = path[0] !== undefined && STAGE_EVENTS[before.status][path[0]] === 'payment.reorged'
  const reorged = goesBack || orphanedMoney(asked, subject.transfers, fact)
  const story = new Story(recompute(asked, subject.transfers, reorged), subject.transfers, chain, now)

  const news = appeared(subject.transfers, fact)
  const isLate = news.some((transfer) => counts(before, transfer) && !transfer.inTime)
  // Told once it has gone back: the merchant is to read where the payment stands, not where it stood.
  const onward = goesBack ? path.slice(1) : path
  if (goesBack) story.walk(path.slice(0, 1))
  if (reorged) story.tell('payment.reorged')
  const afterExpiry = onward.indexOf('expired') + 1
  story.walk(onward.slice(0, afterExpiry))
  if (isLate && before.status !== 'canceled') story.tell('payment.late')
  story.walk(onward.slice(afterExpiry))
  const grew = story.payment.amountReceived > before.amountReceived
  if (grew && path.length === 0 && story.payment.status === 'partially_paid') story.tell('payment.partially_paid')
  if (grew && story.payment.flags.includes('overpaid') && before.status !== 'canceled') story.tell('payment.overpaid')
  for (const transfer of news) if (isUnmatched(before, transfer)) story.tellUnmatched(transfer)
  return story.outcome(before)
}

function refuse({ payment, transfers }: PaymentWithTransfers, fact: Fact): Refusal | null {
  if (fact.kind === 'cancel_asked') {
    if (payment.status === 'canceled' || payment.status === 'expired') return 'already_closed'
    const somethingCame = transfers.some((transfer) => transfer.status !== 'orphaned' && transfer.kind !== 'funding')
    return payment.status !== 'pending' || somethingCame ? 'already_received' : null
  }
  if (fact.kind === 'accept_asked') {
    const lateMoney = transfers.some((transfer) => counts(payment, transfer) && !transfer.inTime)
    const waits = payment.status === 'expired' && payment.latePolicy === 'review' && !payment.lateAccepted
    return waits && lateMoney ? null : 'nothing_to_accept'
  }
  return null
}

function recompute(payment: Payment, transfers: readonly Transfer[], reorged: boolean): Payment {
  const { total, confirmed } = received(payment, transfers)
  const marked: Payment =
    reorged && !payment.flags.includes('reorged') ? { ...payment, flags: [...payment.flags, 'reorged'] } : payment
  return { ...marked, amountReceived: total, amountConfirmed: confirmed, flags: flagsOf(marked, transfers, total) }
}

function orphanedMoney(payment: Payment, transfers: readonly Transfer[], fact: Fact): boolean {
  if (fact.kind !== 'transfers_changed') return false
  return transfers.some(
    (transfer) => fact.orphaned.includes(transfer.id) && counts(payment, { ...transfer, status: 'included' }),
  )
}

function appeared(transfers: readonly Transfer[], fact: Fact): readonly Transfer[] {
  if (fact.kind !== 'transfers_changed') return []
  return transfers.filter((transfer) => fact.appeared.includes(transfer.id) && transfer.kind !== 'funding')
}

function isUnmatched(payment: Payment, transfer: Transfer): boolean {
  return mismatch(payment, transfer) !== null || payment.status === 'canceled'
}

/** Collects what is told while the payment moves along; each event carries the payment as it stood at that point. */
class Story {
  readonly #steps: StatusChange[] = []
  readonly #events: EventDraft[] = []

  constructor(
    public payment: Payment,
    private readonly transfers: readonly Transfer[],
    private readonly chain: ChainView,
    private readonly now: Date,
  ) {}

  walk(path: readonly PaymentStatus[]): void {
    for (const to of path) {
      const from = this.payment.status
      const event = STAGE_EVENTS[from][to]
      assert(event !== undefined, `no way from ${from} to ${to}`)
      this.#steps.push({ from, to })
      this.payment = { ...this.payment, status: to, ...stageTimes(this.payment, to, this.now) }
      // A step back is told by `payment.reorged`, once, after it.
      if (event !== 'payment.reorged') this.tell(event)
    }
  }

  tell(type: EventType): void {
    this.#append(type, {})
  }

  tellUnmatched(transfer: Transfer): void {
    this.#append('transfer.unmatched', { transfer: renderTransfer(this.payment, transfer) })
  }

  outcome(before: Payment): Outcome {
    const changed =
      this.#steps.length > 0 ||
      this.#events.length > 0 ||
      this.payment.amountReceived !== before.amountReceived ||
      this.payment.amountConfirmed !== before.amountConfirmed ||
      this.payment.lateAccepted !== before.lateAccepted ||
      this.payment.flags.join() !== before.flags.join()
    if (!changed) return { kind: 'unchanged' }
    return { kind: 'changed', payment: this.payment, steps: this.#steps, events: this.#events }
  }

  #append(type: EventType, more: Record<string, unknown>): void {
    this.payment = { ...this.payment, sequence: this.payment.sequence + 1 }
    this.#events.push({
      type,
      merchantId: this.payment.merchantId,
      subject: this.payment.id,
      sequence: this.payment.sequence,
      traceAnchor: this.payment.traceAnchor,
      data: { payment: renderPayment(this.payment, this.transfers, this.chain.headNumber), ...more },
    })
  }
}
