import { DatabaseUnavailableError } from '@ctrip/db/database/errors'
import type { Random } from './random'
import type { Rival } from './rival'

const CRASHES = 0.012
const RIVALS = 0.02

/** The process ends here, as if killed. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash'
}

/** Where things went wrong, and could have. */
export interface Coverage {
  readonly reached: Set<string>
  readonly crashed: Set<string>
  /** Another leader came in here, while the transaction was open. */
  readonly contested: Set<string>
}

/** What may go wrong at each await: a crash, a lost connection, or that something else happens meanwhile. */
export class Faults {
  armed = false
  #busy = false

  constructor(
    private readonly random: Random,
    private readonly coverage: Coverage,
    /** What may come in between, where no lock is held: a block, another leader. */
    private readonly meanwhile: () => Promise<void>,
    private readonly rival: Rival,
  ) {}

  /** Nothing is held here: the whole world may go on before this leader does. */
  async at(point: string): Promise<void> {
    await this.within(point)
    if (!this.armed || this.#busy || this.rival.isWorking || !this.random.chance(0.1)) return
    this.#busy = true
    try {
      await this.meanwhile()
    } finally {
      this.#busy = false
    }
  }

  /** In the middle of a transaction, `host`: another leader may come in, as far as the locks let it. */
  async inTransaction(point: string, host: object): Promise<void> {
    await this.within(point)
    if (!this.armed || this.#busy || this.rival.isWorking || !this.random.chance(RIVALS)) return
    this.coverage.contested.add(point)
    await this.rival.comeIn(host)
  }

  /** Beside other work. */
  async within(point: string): Promise<void> {
    this.coverage.reached.add(point)
    if (!this.armed || !this.random.chance(CRASHES)) return
    this.coverage.crashed.add(point)
    if (this.random.chance(0.5)) throw new SimulatedCrash(point)
    throw new DatabaseUnavailableError(`lost the connection: ${point}`)
  }
}
