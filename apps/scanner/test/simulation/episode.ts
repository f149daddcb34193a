import type { Keccak256 } from '@ctrip/chain/blocks/keccak'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { rateBookOf } from '@ctrip/chain/rate-book'
import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { ConflictError, DatabaseUnavailableError, LeaseLostError } from '@ctrip/db/database/errors'
import { writerLease } from '@ctrip/db/leases/lease-names'
import { amount } from '@ctrip/domain/amount'
import type { PaymentId } from '@ctrip/domain/ids'
import { catchUp } from '../../src/catch-up'
import type { ChainDeps } from '../../src/chain'
import { BranchGoneError } from '../../src/cycle-failure'
import { scanCycle } from '../../src/scan-chain'
import { settleTraceDebts } from '../../src/settle-trace-debts'
import { type Ledger, recordSweepAttempt } from '../support/ledger'
import { noReport } from '../support/no-report'
import { silentLog } from '../support/silent-log'
import { type Coverage, Faults, SimulatedCrash } from './faults'
import { faultyDatabase, type TransactionWatch } from './faulty-database'
import { Leaders } from './leaders'
import { checkLedger, checkNothingAhead, type Expectations } from './oracle'
import { Random } from './random'
import { Rival } from './rival'
import { simSource } from './sim-source'
import { toAddress } from './transactions'
import { type Witness, witness } from './watch'
import { BLOCK_SECONDS, FINALITY_DEPTH, World } from './world'

const STEPS = 30
/** In which all that is left expires, with crashes there too. */
const LAST_CYCLES = 6
const CYCLES_MAX = 60
const DEPTHS = [1, 2, 4]

export interface EpisodeOptions {
  readonly seed: number
  readonly ledger: Ledger
  readonly chain: ChainConfig
  readonly keccak256: Keccak256
  readonly coverage: Coverage
  readonly states: Set<string>
  /** Whether providers serve another network, or refuse contents, for some steps. */
  readonly strays: boolean
}

/** One chain's random history, and two scanners that follow it while things break. Returns what the oracle objects to. */
export class Episode {
  readonly #random: Random
  readonly #world: World
  readonly #faults: Faults
  readonly #rival: Rival
  readonly #leaders: Leaders
  readonly #witness: Witness
  readonly #chain: ChainConfig
  readonly #payments: PaymentId[] = []
  readonly #known = new Set<string>()

  constructor(private readonly options: EpisodeOptions) {
    const { seed, chain, keccak256, coverage, ledger, strays } = options
    this.#random = new Random(seed)
    const providers = 1 + this.#random.integer(4)
    const quorum = providers < 3 ? providers : 2
    const depth = this.#random.pick(DEPTHS)
    const tokens = {
      configured: chain.tokens[0]?.contract ?? toAddress(`0x${'1'.repeat(40)}`),
      fake: toAddress(`0x${'3'.repeat(40)}`),
    }
    this.#world = new World(this.#random, keccak256, tokens, providers, strays)
    this.#chain = {
      ...chain,
      quorum,
      startBlock: 1,
      confirmations: { kind: 'depth', depth },
      finality: { kind: 'depth', depth: FINALITY_DEPTH },
    }
    this.#rival = new Rival(ledger.db, () => this.#otherLeads())
    this.#faults = new Faults(this.#random, coverage, () => this.#meanwhile(), this.#rival)
    this.#leaders = new Leaders(ledger.db, writerLease(chain.chainId))
    this.#witness = witness(this.#world, chain.chainId, quorum)
  }

  async run(): Promise<string[]> {
    await this.#leaders.takeOver()
    await this.#settle()
    for (let step = 0; step < STEPS; step++) {
      if (this.#random.chance(0.3)) await this.#register()
      this.#world.step()
      this.#world.stray()
      await this.#cycleUnderFire()
      const problems = [...this.#witness.violations, ...(await checkNothingAhead(this.#expectations()))]
      if (step % 10 === 9) problems.push(...(await this.#settle()))
      if (problems.length > 0) return problems.map((problem) => `step ${step}: ${problem}`)
    }
    this.#letTimePass()
    this.#world.heal()
    for (let cycle = 0; cycle < LAST_CYCLES; cycle++) await this.#cycleUnderFire()
    this.#letTimePass() // the fire may have included transactions anew
    return this.#settle()
  }

  /** Until everything is deep enough, and every payment's time over. */
  #letTimePass(): void {
    for (let blocks = 0; blocks < FINALITY_DEPTH + 4; blocks++) this.#world.mineEmpty(BLOCK_SECONDS * 100)
  }

  /** With nothing in the way, scans to the head and compares. */
  async #settle(): Promise<string[]> {
    this.#world.heal()
    for (let cycles = 0; cycles < CYCLES_MAX; cycles++) {
      const before = await this.#fingerprint()
      await this.#cycle()
      if ((await this.#fingerprint()) === before) return checkLedger(this.#expectations())
    }
    return ['scanning does not come to an end']
  }

  async #cycleUnderFire(): Promise<void> {
    this.#faults.armed = true
    if (this.#random.chance(0.1)) await this.#leaders.takeOver()
    await this.#cycle()
    this.#faults.armed = false
  }

  /** One cycle of whoever leads; a crash makes the other one lead. */
  async #cycle(): Promise<void> {
    await this.#tellSweeper()
    const leader = this.#leaders.active
    const { signal } = new AbortController()
    const keeper = { current: () => leader.lease }
    try {
      await scanCycle(this.#deps(leader), keeper, signal)
      await this.#makeDebtsDue()
      while ((await settleTraceDebts(this.#deps(leader), keeper, signal)) === 'more');
    } catch (error) {
      if (!isExpected(error)) throw error
      if (error instanceof SimulatedCrash || error instanceof LeaseLostError) await this.#leaders.takeOver()
    }
    this.options.states.add(await this.#fingerprint())
  }

  /** Not by our clock: the time of some debts has come, and in peace that of all. */
  async #makeDebtsDue(): Promise<void> {
    const due = !this.#faults.armed || this.#random.chance(0.5)
    await this.options.ledger.db.prisma.trace_debts.updateMany({
      where: { chain_id: this.#chain.chainId },
      data: { next_attempt_at: due ? new Date(0) : new Date(8e12) },
    })
  }

  #deps(leader: Leaders['active']): ChainDeps {
    const { ledger } = this.options
    const watch: TransactionWatch = { begin: (operation, tx) => this.#witness.begin(leader, operation, tx) }
    return {
      chain: this.#chain,
      source: simSource(this.#world, this.#faults, this.#chain.quorum),
      db: faultyDatabase(ledger.db, this.#faults, this.#rival, watch),
      log: silentLog,
      catchUp: catchUp(silentLog, this.#chain.name, 64),
      report: noReport,
      wakeRelay: () => undefined,
      rateBook: rateBookOf([this.#chain]),
    }
  }

  /** While a leader waits: the chain moves, an address is given out, or another leader takes over and works. */
  async #meanwhile(): Promise<void> {
    const what = this.#random.integer(4)
    if (what === 0) await this.#register()
    if (what === 1) {
      const { active } = this.#leaders
      await this.#otherLeads()
      if (!active.stale) throw new Error('the former leader is stale')
    }
    this.#world.step()
    await this.#tellSweeper()
  }

  async #otherLeads(): Promise<void> {
    await this.#leaders.takeOver()
    await this.#cycle()
  }

  async #register(): Promise<void> {
    const { ledger } = this.options
    const contract = this.#random.chance(0.5) ? this.#world.tokens.configured : null
    const units = BigInt(1 + this.#random.integer(1_000)) * 1_000n
    const now = this.#world.canonical.timestamp
    const { id, address } = await ledger.newPayment({
      ...{ chain: this.#chain.name, chainId: this.#chain.chainId, amount: amount(units) },
      asset: { symbol: contract === null ? 'ETH' : 'USDC', contract, decimals: 6 },
      address: toAddress(this.#random.hex(20)),
      latePolicy: this.#random.pick(['accept', 'review']),
      confirmationsRequired: this.#chain.confirmations.kind === 'depth' ? this.#chain.confirmations.depth : null,
      createdAt: new Date(now * 1000),
      expiresAt: new Date((now + BLOCK_SECONDS * (1 + this.#random.integer(30))) * 1000),
    })
    this.#payments.push(id)
    this.#world.payable.push({ address, amount: units })
  }

  /** Our own transactions are in our ledger before they are anywhere else. */
  async #tellSweeper(): Promise<void> {
    for (const hash of this.#world.funding) {
      if (this.#known.has(hash)) continue
      this.#known.add(hash)
      await recordSweepAttempt(this.options.ledger, hash, this.#chain.chainId)
    }
  }

  #expectations(): Expectations {
    const { db } = this.options.ledger
    const { reverts } = this.#witness
    return { db, world: this.#world, chainId: this.#chain.chainId, firstBlock: 1, payments: this.#payments, reverts }
  }

  /** What can be seen of the ledger: two states with the same are the same to us. */
  async #fingerprint(): Promise<string> {
    const { chainId } = this.#chain
    const [row] = await this.options.ledger.db.prisma.$queryRaw<{ state: string }[]>`
      SELECT concat_ws(' ',
        (SELECT concat(cursor_number, ':', finalized_number) FROM chain_state WHERE chain_id = ${chainId}),
        (SELECT string_agg(status || ':' || array_to_string(flags, '+') || ':' || sequence, ',' ORDER BY status, sequence, flags)
          FROM payments WHERE chain_id = ${chainId}),
        (SELECT count(*) FROM trace_debts WHERE chain_id = ${chainId}),
        (SELECT string_agg(status || kind, ',' ORDER BY status, kind) FROM transfers WHERE chain_id = ${chainId})) AS state`
    return row?.state ?? ''
  }
}

function isExpected(error: unknown): boolean {
  return [
    SimulatedCrash,
    BranchGoneError,
    DatabaseUnavailableError,
    LeaseLostError,
    ConflictError,
    RetryableRpcError,
  ].some((expected) => error instanceof expected)
}
