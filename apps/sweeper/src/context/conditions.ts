import type { Logger } from '@ctrip/telemetry/logger'

/** Rounds without a condition after which it is over: what comes and goes with each block is one condition. */
const OVER_AFTER_ROUNDS = 64
const KINDS_MAX = 1_000

/** Something that lasts, and concerns one item or many. */
export interface Condition {
  readonly level: 'warn' | 'error'
  /** The name of its log line. */
  readonly msg: string
  /** Distinguishes what an operator would treat differently: a reason, an error's kind, a contract. */
  readonly kind: string
  /** Of the item that is the example. */
  readonly fields: Record<string, unknown>
}

interface Known extends Condition {
  readonly inAll: number
  readonly roundsWithout: number
}

/** Logs a condition once when it begins, with the number of its items and one of them, and once when it is over, with how often it was met. */
export class Conditions {
  readonly #met = new Map<string, Condition & { readonly count: number }>()
  readonly #known = new Map<string, Known>()

  note(condition: Condition): void {
    const key = `${condition.msg} ${condition.kind}`
    const before = this.#met.get(key)
    if (before === undefined && this.#met.size >= KINDS_MAX) return
    this.#met.set(key, { ...(before ?? condition), count: (before?.count ?? 0) + 1 })
  }

  /** Call at the end of each round. */
  report(chain: string, log: Logger): void {
    for (const [key, { count, ...condition }] of this.#met) {
      const known = this.#known.get(key)
      const { level, msg, kind, fields } = condition
      if (known === undefined) log[level]({ chain, kind, count, ...fields }, msg)
      this.#known.set(key, { ...condition, inAll: (known?.inAll ?? 0) + count, roundsWithout: 0 })
    }
    for (const [key, known] of this.#known) {
      if (this.#met.has(key)) continue
      const roundsWithout = known.roundsWithout + 1
      this.#known.set(key, { ...known, roundsWithout })
      if (roundsWithout < OVER_AFTER_ROUNDS) continue
      this.#known.delete(key)
      log.info({ chain, condition: known.msg, kind: known.kind, count: known.inAll }, 'sweep.condition_over')
    }
    this.#met.clear()
  }
}
