import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '@ctrip/db/database/database'

const LOOK_EVERY_MS = 2

/** Another leader, in a session of its own, that comes in while a transaction of the first is open. */
export class Rival {
  #working: Promise<void> | null = null
  #done = true
  #host: object | null = null

  constructor(
    private readonly db: Database,
    private readonly work: () => Promise<void>,
  ) {}

  get isWorking(): boolean {
    return !this.#done
  }

  /**
   * Returns once the rival is done, or waits for a lock, which only the open transaction can hold: it is the locks that decide how
   * the two are interleaved, and no clock, so that a seed repeats. `host`: names the open transaction.
   */
  async comeIn(host: object): Promise<void> {
    this.#host = host
    this.#done = false
    this.#working = this.work().finally(() => {
      this.#done = true
    })
    this.#working.catch(() => undefined) // told by `leave`
    while (!this.#done && !(await this.#waitsForLock())) await sleep(LOOK_EVERY_MS)
  }

  /** The transaction is over, and its locks with it: lets a rival that came into it end before anything else happens. */
  async leave(host: object): Promise<void> {
    if (host !== this.#host) return // the rival's own
    const working = this.#working
    this.#working = null
    this.#host = null
    await working
  }

  async #waitsForLock(): Promise<boolean> {
    const [row] = await this.db.prisma.$queryRaw<{ waiting: boolean }[]>`
      SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') AS waiting`
    return row?.waiting === true
  }
}
