import type { Database } from '@ctrip/db/database/database'
import { acquireLease, type Lease } from '@ctrip/db/leases/leases'

/** A scanner's process, as far as the lease knows it. */
export interface Leader {
  readonly name: string
  lease: Lease | null
  /** Another has taken over, which it may not know yet. */
  stale: boolean
}

/** Two scanners of one chain, and whose turn it is. */
export class Leaders {
  readonly #all: readonly Leader[]
  #incarnation = 0
  #active: Leader

  constructor(
    private readonly db: Database,
    private readonly leaseName: string,
  ) {
    this.#all = ['a', 'b'].map((name) => ({ name, lease: null, stale: false }))
    this.#active = this.#other()
  }

  get active(): Leader {
    return this.#active
  }

  /**
   * The other one takes over, as if the holder's time had run out. Like every takeover it comes after a commit that is fenced by the
   * lease and under way, and therefore waits for it first: a lease that is only left alone would be tried again by a clock.
   */
  async takeOver(): Promise<Leader> {
    const former = this.#active
    const next: Leader = { ...this.#other(), lease: null, stale: false }
    const owner = `${next.name}${++this.#incarnation}`
    await this.db.prisma.$executeRaw`
      WITH locked AS (SELECT name FROM leases WHERE name = ${this.leaseName} FOR UPDATE)
      UPDATE leases SET lease_until = to_timestamp(0) FROM locked WHERE leases.name = locked.name`
    next.lease = await acquireLease(this.db, this.leaseName, owner)
    if (next.lease === null) throw new Error('the lease is free, and was not given')
    former.stale = true
    this.#active = next
    // Only the simulation ends a lease, so that a seed repeats on a slow machine.
    await this.db.prisma.leases.updateMany({ where: { name: this.leaseName }, data: { lease_until: new Date(8e12) } })
    return this.#active
  }

  #other(): Leader {
    const other = this.#all.find(({ name }) => name !== this.#active?.name)
    if (other === undefined) throw new Error('there are two')
    return other
  }
}
