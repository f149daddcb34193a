import type { CheckoutSession } from '../../src/checkout-session/session'
import { type SessionFact, type SessionOutcome, transitionSession } from '../../src/checkout-session/transition'
import { amountDue, lateTransfers, type SessionPayment } from '../../src/checkout-session/value'
import type { Payment, Transfer } from '../../src/payment/payment'
import { type Fact, transition } from '../../src/payment/transition'
import { someTransfer } from '../payment/fixtures'
import { at, quotedPayment, rateAt } from './fixtures'

/** Changes around a session; numbers are taken modulo the choices that there are. */
export type Act =
  | { readonly kind: 'choose'; readonly asset: 'USDC' | 'ETH' }
  | { readonly kind: 'minutes'; readonly count: number }
  | { readonly kind: 'pay'; readonly payment: number; readonly percent: bigint }
  | { readonly kind: 'reorg'; readonly depth: number; readonly includesAgain: boolean }
  | { readonly kind: 'confirm' | 'accept' | 'cancel' | 'expire' | 'pass'; readonly payment: number }

export interface Step {
  readonly act: Act
  readonly before: CheckoutSession
  readonly after: CheckoutSession
  readonly outcome: SessionOutcome
  readonly payments: readonly SessionPayment[]
  readonly now: Date
}

interface PaymentState {
  payment: Payment
  transfers: readonly Transfer[]
}

/** A session with its payments on one chain of one block a minute: what API and scanner would do. */
export class World {
  readonly #payments: PaymentState[] = []
  #minute = 0

  constructor(public session: CheckoutSession) {}

  apply(act: Act): Step[] {
    switch (act.kind) {
      case 'choose':
        return this.#choose(act)
      case 'minutes':
        this.#minute += act.count
        return [this.#emit(act, { kind: 'chain_advanced' }, false)]
      case 'pay':
        return this.#pay(act)
      case 'reorg':
        return this.#reorg(act)
      case 'confirm':
        this.#change((one) => (one.status === 'included' ? { ...one, status: 'confirmed' } : one))
        return [this.#emit(act, { kind: 'transfers_confirmed', confirmed: [] }, false)]
      case 'accept':
        return [this.#ask(act, ({ amountReceived }) => ({ kind: 'accept_asked', amount: amountReceived }))]
      case 'cancel':
        return [this.#ask(act, () => ({ kind: 'cancel_asked', at: this.#now() }))]
      case 'expire':
        return [this.#decide(act, { kind: 'expire_asked' })]
      case 'pass':
        return [this.#decide(act, { kind: 'time_passed' })]
    }
  }

  /** Half a minute after the newest block, as the database's clock runs ahead of the chain's. */
  #now(): Date {
    return at(this.#minute + 0.5)
  }

  #choose(act: Extract<Act, { kind: 'choose' }>): Step[] {
    const due = amountDue(this.session)
    const isOpen = this.session.status === 'open' && this.#now() < this.session.expiresAt
    if (!isOpen || due === 0n || this.#payments.length === 20) return []
    this.#payments.push({ payment: quotedPayment(this.session, act.asset, due, this.#minute), transfers: [] })
    return [this.#decide(act, { kind: 'payments_changed', reorged: false })]
  }

  #pay(act: Extract<Act, { kind: 'pay' }>): Step[] {
    const chosen = this.#chosen(act.payment)
    if (chosen === null) return []
    this.#minute += 1
    const { payment } = chosen
    const units = (payment.amount * act.percent) / 100n
    const transfer = someTransfer(units, {
      ...{ asset: payment.asset, kind: payment.asset.contract === null ? 'native' : 'erc20' },
      ...{ blockNumber: this.#minute, blockTime: at(this.#minute) },
      inTime: at(this.#minute) <= payment.expiresAt,
    })
    chosen.transfers = [...chosen.transfers, transfer]
    return [
      this.#emit(act, { kind: 'transfers_changed', appeared: [transfer.id], reappeared: [], orphaned: [] }, false),
    ]
  }

  #reorg(act: Extract<Act, { kind: 'reorg' }>): Step[] {
    const ancestor = Math.max(0, this.#minute - act.depth)
    const lost = this.#transfers().filter((one) => one.status !== 'orphaned' && one.blockNumber > ancestor)
    this.#change((one) => (lost.includes(one) ? { ...one, status: 'orphaned' } : one))
    this.#minute = ancestor
    const orphaned = lost.map(({ id }) => id)
    const first = this.#emit(
      act,
      { kind: 'transfers_changed', appeared: [], reappeared: [], orphaned },
      lost.length > 0,
    )
    if (!act.includesAgain || lost.length === 0) return [first]
    this.#minute += 1
    for (const each of this.#payments) {
      const again = each.transfers
        .filter((one) => lost.some(({ id }) => id === one.id))
        .map((one) => this.#includeAgain(one, each.payment))
      each.transfers = [...each.transfers, ...again]
    }
    return [first, this.#emit(act, { kind: 'transfers_changed', appeared: [], reappeared: [], orphaned: [] }, false)]
  }

  /** As the scanner records it: another row, in time without limit once it was. */
  #includeAgain(lost: Transfer, payment: Payment): Transfer {
    const block = { blockNumber: this.#minute, blockTime: at(this.#minute) }
    const inTime = lost.inTime || at(this.#minute) <= payment.expiresAt
    return someTransfer(lost.amount, { ...lost, ...block, id: someTransfer(1n).id, status: 'included', inTime })
  }

  #ask(act: Extract<Act, { payment: number }>, fact: (payment: Payment) => Fact): Step {
    const chosen = this.#chosen(act.payment)
    if (chosen !== null) this.#tell(chosen, fact(chosen.payment))
    return this.#decide(act, { kind: 'payments_changed', reorged: false })
  }

  #emit(act: Act, fact: Fact, reorged: boolean): Step {
    for (const each of this.#payments) this.#tell(each, fact)
    return this.#decide(act, { kind: 'payments_changed', reorged })
  }

  #tell(state: PaymentState, fact: Fact): void {
    const view = { headNumber: this.#minute, headTime: at(this.#minute) }
    const outcome = transition(state, fact, view, this.#now())
    if (outcome.kind === 'changed') state.payment = outcome.payment
  }

  #decide(act: Act, fact: SessionFact): Step {
    const before = this.session
    const now = this.#now()
    const payments = this.#payments.map(({ payment, transfers }) => ({
      ...{ payment, transfers },
      lateRates: new Map(
        lateTransfers({ payment, transfers }).map((one) => [one.id, rateAt(payment.asset, one.blockTime)]),
      ),
    }))
    const outcome = transitionSession(before, payments, fact, now)
    if (outcome.kind === 'changed') this.session = outcome.session
    return { act, before, after: this.session, outcome, payments, now }
  }

  #chosen(n: number): PaymentState | null {
    return this.#payments[n % Math.max(1, this.#payments.length)] ?? null
  }

  #transfers(): Transfer[] {
    return this.#payments.flatMap(({ transfers }) => transfers)
  }

  #change(how: (transfer: Transfer) => Transfer): void {
    for (const each of this.#payments) each.transfers = each.transfers.map(how)
  }
}

/** Decides once more on the payments of a step. */
export function decideAgain({ after, payments, now }: Step): SessionOutcome {
  return transitionSession(after, payments, { kind: 'payments_changed', reorged: false }, now)
}

/** Ends of all histories: nothing is left that could still be confirmed or expire. */
export const END: readonly Act[] = [
  { kind: 'confirm', payment: 0 },
  { kind: 'minutes', count: 200 },
  { kind: 'pass', payment: 0 },
]
