import type { Amount } from '../amount'
import { assert } from '../assert'
import type { EventDraft, EventType } from '../events'
import type { TransferId } from '../ids'
import type { Payment, PaymentStatus, PaymentWithTransfers, Transfer } from './payment'
import { counts, flagsOf, mismatch, received } from './received'
import { type ChainView, pathTo, STAGE_EVENTS, stageTimes } from './stages'
import { renderPayment, renderTransfer } from './view'

/** What happened. The payment given along holds the transfers as they are after it. */
export type Fact =
  /** `appeared`: seen for the first time in any block; `reappeared`: included again after a reorg; `orphaned`: left the chain just now. */
  | {
      readonly kind: 'transfers_changed'
      readonly appeared: readonly TransferId[]
      readonly reappeared: readonly TransferId[]
      readonly orphaned: readonly TransferId[]
    }
  | { readonly kind: 'transfers_confirmed'; readonly confirmed: readonly TransferId[] }
  | { readonly kind: 'chain_advanced' }
  /** `at`: now, by the database's clock. */
  | { readonly kind: 'cancel_asked'; readonly at: Date }
  /** `amount`: what the merchant saw as received. */
  | { readonly kind: 'accept_asked'; readonly amount: Amount }
  | { readonly kind: 'extension_asked'; readonly expiresAt: Date }
  | { readonly kind: 'sweep_confirmed' }
  /** A reorg took a confirmed sweep off the chain: what it had collected is not. */
  | { readonly kind: 'sweep_orphaned' }

type TransferEventType = 'transfer.unmatched' | 'transfer.confirmed' | 'transfer.reorged'

export interface StatusChange {
  readonly from: PaymentStatus
  readonly to: PaymentStatus
}

export type Refusal =
  | 'already_received'
  | 'already_closed'
  | 'nothing_to_accept'
  /** Something came, but in an asset of which no value is known. */
  | 'value_unknown'
  /** The amount received is not the amount that the merchant saw. */
  | 'amount_changed'
  | 'not_extendable'

export type TransitionResult =
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
export function transition(subject: PaymentWithTransfers, fact: Fact, chain: ChainView, now: Date): TransitionResult {
  const refusal = refuse(subject, fact)
  if (refusal !== null) return { kind: 'refused', reason: refusal }
  const before = subject.payment
  const asked = withRequest(before, fact)
  const path = pathTo(asked, subject.transfers, chain)
  const goesBack = path[0] !== undefined && STAGE_EVENTS[before.status][path[0]] === 'payment.reorged'
  const reorged = goesBack || orphanedMoney(asked, subject.transfers, fact)
  const story = new PaymentEvents(recompute(asked, subject.transfers, reorged), subject.transfers, chain, now)

  const isCanceled = (path.at(-1) ?? before.status) === 'canceled'
  const news = idsIn(fact, 'appeared')
  const isLate = subject.transfers.some((one) => news.has(one.id) && counts(before, one) && !one.inTime)
  // Told once it has gone back: the merchant is to read where the payment stands, not where it stood.
  const onward = goesBack ? path.slice(1) : path
  if (goesBack) story.walk(path.slice(0, 1))
  if (reorged) story.tell('payment.reorged')
  const afterExpiry = onward.indexOf('expired') + 1
  story.walk(onward.slice(0, afterExpiry))
  if (isLate && !isCanceled) story.tell('payment.late')
  story.walk(onward.slice(afterExpiry))
  const grew = story.payment.amountReceived > before.amountReceived
  if (grew && path.length === 0 && story.payment.status === 'partially_paid') story.tell('payment.partially_paid')
  if (grew && story.payment.flags.includes('overpaid') && !isCanceled) story.tell('payment.overpaid')
  for (const transfer of subject.transfers) {
    const type = transferEvent(transfer, fact, { payment: before, isCanceled, moved: path.length > 0 })
    if (type !== null) story.tellTransfer(type, transfer)
  }
  return story.outcome(before)
}

/** The payment with what its merchant asks for just now. */
function withRequest(payment: Payment, fact: Fact): Payment {
  if (fact.kind === 'cancel_asked') return { ...payment, cancelRequestedAt: payment.cancelRequestedAt ?? fact.at }
  if (fact.kind === 'accept_asked') return { ...payment, amountAccepted: fact.amount }
  return fact.kind === 'extension_asked' ? { ...payment, expiresAt: fact.expiresAt } : payment
}

function refuse({ payment, transfers }: PaymentWithTransfers, fact: Fact): Refusal | null {
  if (fact.kind === 'cancel_asked') return refuseCancel(payment, transfers)
  if (fact.kind === 'accept_asked') return refuseAccept(payment, transfers, fact.amount)
  if (fact.kind !== 'extension_asked') return null
  const isOpen = payment.status === 'pending' || payment.status === 'partially_paid'
  const isCanceling = payment.status === 'pending' && payment.cancelRequestedAt !== null
  return isOpen && !isCanceling && fact.expiresAt >= payment.expiresAt ? null : 'not_extendable'
}

/** A request that is repeated is granted again. */
function refuseCancel({ status }: Payment, transfers: readonly Transfer[]): Refusal | null {
  if (status === 'canceled') return null
  if (status === 'expired') return 'already_closed'
  const somethingCame = transfers.some((one) => one.status !== 'orphaned' && one.kind !== 'funding')
  return status !== 'pending' || somethingCame ? 'already_received' : null
}

const ACCEPTABLE: ReadonlySet<PaymentStatus> = new Set(['partially_paid', 'expired', 'canceled'])

/** A payment that is paid or was accepted before has nothing left to accept. The same request repeated is granted again. */
function refuseAccept(payment: Payment, transfers: readonly Transfer[], seen: Amount): Refusal | null {
  const isRepeated = payment.amountAccepted === seen && payment.amountReceived === seen
  if (isRepeated && !ACCEPTABLE.has(payment.status)) return null
  const { total } = received(payment, transfers)
  if (total === 0n) {
    const unusual = transfers.some((one) => one.status !== 'orphaned' && mismatch(payment, one) !== null)
    return unusual ? 'value_unknown' : 'nothing_to_accept'
  }
  if (!ACCEPTABLE.has(payment.status)) return 'nothing_to_accept'
  return total === seen ? null : 'amount_changed'
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

function idsIn(fact: Fact, which: 'appeared' | 'reappeared' | 'orphaned'): ReadonlySet<TransferId> {
  return new Set(fact.kind === 'transfers_changed' ? fact[which] : [])
}

/** The payment is confirmed already, or closed: none of its stages shows the fate of further money. */
const BEYOND_STAGES: ReadonlySet<PaymentStatus> = new Set(['confirmed', 'settled', 'expired', 'canceled'])

/**
 * The event of a single transfer. It is unmatched if it is no part of its payment; where no stage of the payment shows it, it is
 * confirmed, or has left the chain. Each event happens once per inclusion in a block.
 */
function transferEvent(
  transfer: Transfer,
  fact: Fact,
  { payment, isCanceled, moved }: { readonly payment: Payment; readonly isCanceled: boolean; readonly moved: boolean },
): TransferEventType | null {
  if (transfer.kind === 'funding') return null
  const isForeign = mismatch(payment, transfer) !== null
  const isAlone = isForeign || (!moved && BEYOND_STAGES.has(payment.status))
  if (fact.kind === 'transfers_confirmed')
    return isAlone && fact.confirmed.includes(transfer.id) ? 'transfer.confirmed' : null
  if (isAlone && idsIn(fact, 'orphaned').has(transfer.id)) return 'transfer.reorged'
  const isIncluded = idsIn(fact, 'appeared').has(transfer.id) || idsIn(fact, 'reappeared').has(transfer.id)
  return isIncluded && (isForeign || isCanceled) ? 'transfer.unmatched' : null
}

/** Collects what is told while the payment moves along; each event carries the payment as it stood at that point. */
class PaymentEvents {
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

  tellTransfer(type: TransferEventType, transfer: Transfer): void {
    this.#append(type, { transfer: renderTransfer(this.payment, transfer) })
  }

  outcome(before: Payment): TransitionResult {
    const changed =
      this.#steps.length > 0 ||
      this.#events.length > 0 ||
      this.payment.amountReceived !== before.amountReceived ||
      this.payment.amountConfirmed !== before.amountConfirmed ||
      this.payment.amountAccepted !== before.amountAccepted ||
      this.payment.cancelRequestedAt !== before.cancelRequestedAt ||
      this.payment.expiresAt !== before.expiresAt ||
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
