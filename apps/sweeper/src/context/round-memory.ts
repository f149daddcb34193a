import type { Hash } from '@ctrip/domain/hash'
import type { SweepId } from '@ctrip/domain/ids'
import { NeededTip } from './needed-tip'

/** So many blocks at most until something is tried again that could not be paid for. */
const REST_BLOCKS_MAX = 64

interface Rest {
  readonly blocks: number
  readonly until: number
}

/**
 * What one process remembers of a chain between rounds, so as not to ask or send twice within one block. None of it is
 * needed: a process that starts sends everything once more, which does no harm.
 */
export class Memory {
  #head: Hash | null = null
  #hasNews = true
  readonly #sent = new Map<Hash, Hash>()
  readonly #notTaken = new Set<Hash>()
  readonly #stalled = new Map<SweepId, Hash>()
  readonly #resting = new Map<Hash, Rest>()
  readonly #told = new Map<string, string>()
  readonly #tipRefused = new Set<string>()
  readonly #neededTip = new NeededTip()
  #blocksSeen = 0

  /** Notes the newest block; from the first round on each is news once. */
  noteHead(head: Hash): void {
    this.#hasNews = this.#head !== head
    if (this.#hasNews) this.#blocksSeen++
    this.#head = head
  }

  /** Whether the chain has moved since the round before. */
  get hasNews(): boolean {
    return this.#hasNews
  }

  wasSent(transaction: Hash): boolean {
    return this.#head !== null && this.#sent.get(transaction) === this.#head
  }

  noteSent(transaction: Hash, isNotTaken: boolean): void {
    if (this.#head !== null) this.#sent.set(transaction, this.#head)
    if (isNotTaken) this.#notTaken.add(transaction)
    else this.#notTaken.delete(transaction)
  }

  /** Whether all nodes refused it when it was last sent, and not for its price. */
  wasNotTaken(transaction: Hash): boolean {
    return this.#notTaken.has(transaction)
  }

  /** Notes that its sender cannot pay for it: each time it rests twice as long. */
  noteUnpaid(transaction: Hash): void {
    const blocks = Math.min(REST_BLOCKS_MAX, 2 * (this.#resting.get(transaction)?.blocks ?? 1))
    this.#resting.set(transaction, { blocks, until: this.#blocksSeen + blocks })
  }

  /** Whether it is to be left alone for now: what would pay for it was taken back by a reorg, perhaps for good. */
  isResting(transaction: Hash): boolean {
    return this.#blocksSeen < (this.#resting.get(transaction)?.until ?? 0)
  }

  /** Something was done about it: it is tried with the next block. */
  endRest(transaction: Hash): void {
    this.#resting.delete(transaction)
  }

  /** Whether it was found, since the newest block, that a sweep must wait for the next. */
  isStalled(sweep: SweepId): boolean {
    return this.#head !== null && this.#stalled.get(sweep) === this.#head
  }

  noteStalled(sweep: SweepId): void {
    if (this.#head !== null) this.#stalled.set(sweep, this.#head)
  }

  /** Notes a tip that nodes need although no source says so: what is signed next starts there, and not from below again. */
  noteNeededTip(wei: bigint): void {
    this.#neededTip.noteNeeded(wei, this.#blocksSeen)
  }

  /** Notes that nodes took a transaction with this tip. */
  noteTipTaken(wei: bigint): void {
    this.#neededTip.noteTaken(wei)
  }

  /** 0 where none was noted lately. */
  get neededTip(): bigint {
    return this.#neededTip.at(this.#blocksSeen)
  }

  /** Notes that a transaction's first tip was refused. */
  noteTipRefused(transactionId: string): void {
    this.#tipRefused.add(transactionId)
  }

  /** Whether its first tip was refused; asked when it is taken at last. */
  wasTipRefused(transactionId: string): boolean {
    return this.#tipRefused.delete(transactionId)
  }

  /** Whether what is said under a key differs from what was said before: so that a state is logged when it changes, not each round. */
  isNews(key: string, state: string): boolean {
    if ((this.#told.get(key) ?? '') === state) return false
    this.#told.set(key, state)
    return true
  }

  /** Forgets all but these. */
  keepOnly(transactions: ReadonlySet<Hash>, sweeps: ReadonlySet<SweepId>): void {
    for (const hash of this.#sent.keys()) if (!transactions.has(hash)) this.#sent.delete(hash)
    for (const hash of this.#notTaken) if (!transactions.has(hash)) this.#notTaken.delete(hash)
    for (const hash of this.#resting.keys()) if (!transactions.has(hash)) this.#resting.delete(hash)
    for (const id of this.#stalled.keys()) if (!sweeps.has(id)) this.#stalled.delete(id)
  }
}
