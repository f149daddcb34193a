import { amount } from '../../src/amount'
import type { Payment, Transfer } from '../../src/payment/payment'
import type { ChainView } from '../../src/payment/stages'
import { type Fact, type TransitionResult, transition } from '../../src/payment/transition'
import { ETH, EXPIRES_AT, someTransfer } from './fixtures'

/** What can happen to a payment's chain; numbers are taken modulo what there is. */
export type Act =
  | { readonly kind: 'blocks'; readonly count: number }
  | { readonly kind: 'money'; readonly units: bigint; readonly asset: 'right' | 'wrong'; readonly funding: boolean }
  | { readonly kind: 'reorg'; readonly depth: number; readonly includesAgain: boolean }
  | { readonly kind: 'confirm' | 'collect' | 'cancel' | 'accept' | 'extend' }

export interface Step {
  readonly act: Act
  readonly before: Payment
  readonly after: Payment
  readonly outcome: TransitionResult
  readonly transfers: readonly Transfer[]
}

const BLOCK_MS = 60_000
const FIRST_BLOCK = 1_000
const BLOCKS_UNTIL_EXPIRY = 10

/** A chain with one payment on it, whose facts are told as the scanner and the sweeper would. */
export class World {
  #transfers: readonly Transfer[] = []
  #head = FIRST_BLOCK

  constructor(public payment: Payment) {}

  view(): ChainView {
    return { headNumber: this.#head, headTime: timeOf(this.#head) }
  }

  apply(act: Act): Step[] {
    switch (act.kind) {
      case 'blocks':
        this.#head += act.count
        return [this.tell(act, { kind: 'chain_advanced' })]
      case 'money':
        return [this.#pay(act)]
      case 'reorg':
        return this.#reorg(act)
      case 'confirm':
        return [this.#confirm(act)]
      case 'collect':
        this.#change((transfer) => (transfer.status === 'confirmed' ? { ...transfer, collected: true } : transfer))
        return [this.tell(act, { kind: 'sweep_confirmed' })]
      case 'cancel':
        // Between two blocks, as the database's clock is.
        return [this.tell(act, { kind: 'cancel_asked', at: new Date(this.view().headTime.getTime() + BLOCK_MS / 2) })]
      case 'accept':
        return [this.tell(act, { kind: 'accept_asked', amount: this.payment.amountReceived })]
      case 'extend':
        return [this.tell(act, { kind: 'extension_asked', expiresAt: later(this.payment.expiresAt) })]
    }
  }

  tell(act: Act, fact: Fact): Step {
    const before = this.payment
    const outcome = transition({ payment: before, transfers: this.#transfers }, fact, this.view(), this.view().headTime)
    if (outcome.kind === 'changed') this.payment = outcome.payment
    return { act, before, after: this.payment, outcome, transfers: this.#transfers }
  }

  #pay(act: Extract<Act, { kind: 'money' }>): Step {
    this.#head += 1
    const transfer = someTransfer(act.units, {
      blockNumber: this.#head,
      blockTime: timeOf(this.#head),
      inTime: timeOf(this.#head) <= this.payment.expiresAt,
      ...(act.asset === 'wrong' ? { asset: ETH } : {}),
      ...(act.funding ? { kind: 'funding' as const } : {}),
    })
    this.#transfers = [...this.#transfers, transfer]
    return this.tell(act, { kind: 'transfers_changed', appeared: [transfer.id], reappeared: [], orphaned: [] })
  }

  #reorg(act: Extract<Act, { kind: 'reorg' }>): Step[] {
    const ancestor = Math.max(FIRST_BLOCK, this.#head - act.depth)
    const lost = this.#transfers.filter(({ status, blockNumber }) => status !== 'orphaned' && blockNumber > ancestor)
    this.#change((transfer) => (lost.includes(transfer) ? { ...transfer, status: 'orphaned' } : transfer))
    this.#head = ancestor
    const orphaned = this.tell(act, {
      kind: 'transfers_changed',
      appeared: [],
      reappeared: [],
      orphaned: lost.map(({ id }) => id),
    })
    if (!act.includesAgain || lost.length === 0) return [orphaned]
    this.#head += 1
    // As recordTransfers does: another row, on time for ever once it was.
    const again = lost.map((transfer) =>
      someTransfer(transfer.amount, {
        ...transfer,
        id: someTransfer(1n).id,
        status: 'included',
        collected: false,
        blockNumber: this.#head,
        blockTime: timeOf(this.#head),
        inTime: transfer.inTime || timeOf(this.#head) <= this.payment.expiresAt,
      }),
    )
    this.#transfers = [...this.#transfers, ...again]
    const reappeared = again.map(({ id }) => id)
    return [orphaned, this.tell(act, { kind: 'transfers_changed', appeared: [], reappeared, orphaned: [] })]
  }

  #confirm(act: Act): Step {
    const confirmed = this.#transfers.filter(({ status }) => status === 'included').map(({ id }) => id)
    this.#change((transfer) => (confirmed.includes(transfer.id) ? { ...transfer, status: 'confirmed' } : transfer))
    return this.tell(act, { kind: 'transfers_confirmed', confirmed })
  }

  #change(how: (transfer: Transfer) => Transfer): void {
    this.#transfers = this.#transfers.map(how)
  }
}

export function canonicalSum(transfers: readonly Transfer[]) {
  const canonical = transfers.filter(({ status }) => status !== 'orphaned')
  return amount(canonical.reduce((total, transfer) => total + transfer.amount, 0n))
}

function later(time: Date): Date {
  return new Date(time.getTime() + 3 * BLOCK_MS)
}

function timeOf(blockNumber: number): Date {
  return new Date(EXPIRES_AT.getTime() + (blockNumber - FIRST_BLOCK - BLOCKS_UNTIL_EXPIRY) * BLOCK_MS)
}
