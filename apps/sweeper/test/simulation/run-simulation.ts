import { randomUUID } from 'node:crypto'
import { parseChains } from '@ctrip/chain/chains-config'
import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { openGasWallet } from '@ctrip/chain/signer/gas-wallet'
import { batcherCode, contractsAt, delegateCode } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import type { Database, Executor } from '@ctrip/db/database/database'
import { LeaseLostError } from '@ctrip/db/database/errors'
import { TRANSACTION, transaction } from '@ctrip/db/database/transaction'
import { type Address, addressToBytes } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { createLogger } from '@ctrip/telemetry/logger'
import { Conditions } from '../../src/context/conditions'
import { Memory } from '../../src/context/round-memory'
import type { SweepContext } from '../../src/context/sweep-context'
import { sweepRound } from '../../src/sweep-round'
import { followChain } from '../support/follow-chain'
import { type Ledger, openLedger } from '../support/ledger'
import { Dice } from './dice'
import { AccountState } from './ledger-state'
import { findDiscrepancies, isPaid } from './oracle'
import { SimulatedChain } from './simulated-chain'
import type { SimulatedContracts } from './token-calls'
import { Crash, unreliableAccess } from './unreliable-access'

const TOKEN = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const TREASURY = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const STEPS_OF_TROUBLE = 100
const STEPS_TO_HEAL_MAX = 200
const FINALITY = 12
const ETHER = 10n ** 18n

export interface SimulationResult {
  readonly seed: string
  readonly crashes: number
  readonly reorgs: number
  readonly payments: number
  readonly batches: number
  /** Payments that a reorg took for good. */
  readonly takenBack: number
  readonly discrepancies: readonly string[]
}

/** One life of a sweeper among trouble, then peace until all is collected; and what an auditor finds wrong at the end. */
export async function runSimulation(seed: string): Promise<SimulationResult> {
  const dice = new Dice(seed)
  const ledger = await openLedger(dice.bytes('mnemonic'))
  try {
    return await new Simulation(seed, dice, ledger).run()
  } finally {
    await ledger.close()
  }
}

class Simulation {
  readonly #config = configuration()
  readonly #gasWallet
  readonly #chain
  readonly #payments: Payment[] = []
  readonly #hasContracts: boolean
  #memory = new Memory()
  #crashes = 0
  #reorgs = 0
  #hoursPassed = 0

  constructor(
    private readonly seed: string,
    private readonly dice: Dice,
    private readonly ledger: Ledger,
  ) {
    const gasWallet = openGasWallet(dice.bytes('gas wallet'))
    if (gasWallet === null) throw new Error('32 bytes are a key')
    this.#gasWallet = gasWallet
    const contracts = dice.roll('contracts') < 0.5 ? null : this.#deployed(gasWallet.address)
    this.#chain = new SimulatedChain(this.#config, dice, this.#genesis(contracts), contracts)
    this.#hasContracts = contracts !== null
  }

  async run(): Promise<SimulationResult> {
    if (this.#hasContracts) await this.#noteDeployment()
    await this.#scan()
    for (let step = 0; step < STEPS_OF_TROUBLE; step++) await this.#troubledStep()
    this.dice.calm = true
    for (let step = 0; step < STEPS_TO_HEAL_MAX && !(await this.#isDone()); step++) await this.#step()
    const discrepancies = await findDiscrepancies(this.ledger.db, this.#chain, this.#config, this.#payments)
    return {
      seed: this.seed,
      crashes: this.#crashes,
      reorgs: this.#reorgs,
      payments: this.#payments.length,
      takenBack: this.#chain.takenBack,
      batches: await this.ledger.db.prisma.sweeps.count({
        where: { strategy: 'delegated_batch', status: 'confirmed' },
      }),
      discrepancies,
    }
  }

  /** As if the gas wallet had deployed them with its first nonce. */
  #deployed(owner: Address): SimulatedContracts {
    return { ...contractsAt(owner, 0), treasury: this.#config.treasury }
  }

  #genesis(contracts: SimulatedContracts | null): AccountState {
    const owner = this.#gasWallet.address
    const state = new AccountState(new Map([[owner, 10n ** 24n]]))
    if (contracts === null) return state
    const terms = { owner, treasury: contracts.treasury }
    state.nonces.set(owner, 1)
    state.code.set(contracts.batcher, batcherCode(terms)).set(contracts.delegate, delegateCode(contracts, terms))
    return state
  }

  async #noteDeployment(): Promise<void> {
    const sender = addressToBytes(this.#gasWallet.address)
    const common = { id: randomUUID(), chain_id: this.#config.chainId, sender: Buffer.from(sender), nonce: 0 }
    await this.ledger.db.prisma.sweep_transactions.create({
      data: { ...common, purpose: 'deploy', status: 'confirmed' },
    })
  }

  async #troubledStep(): Promise<void> {
    if (this.dice.fails('customer', 0.3)) await this.#newPayment()
    if (this.dice.fails('reorg', 0.08)) this.#reorg()
    if (this.dice.fails('hour', 0.1)) this.#hoursPassed++
    this.#chain.forget()
    await this.#step()
  }

  async #step(): Promise<void> {
    if (!this.dice.fails('no block', 0.3)) this.#chain.mine()
    if (!this.dice.fails('scanner away', 0.2)) await this.#scan()
    // What failed is due again some time.
    if (this.dice.roll('due') < 0.3) {
      await this.ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(0) } })
    }
    if (this.dice.calm) this.#hoursPassed++
    try {
      await sweepRound({ ...this.#context(), lease: await this.ledger.lease() }, this.#memory)
    } catch (error) {
      // A machine too busy for a round within the lease's 3 s loses the lease, as in life.
      if (error instanceof RetryableRpcError || error instanceof LeaseLostError) return
      if (!(error instanceof Crash)) throw error
      this.#crashes++
      this.#memory = new Memory()
    }
  }

  async #newPayment(): Promise<void> {
    const token = this.dice.roll('token') < 0.5
    const asset = token
      ? { symbol: 'USDC', contract: this.#config.tokens[0]?.contract ?? null, decimals: 6 }
      : { symbol: 'ETH', contract: null, decimals: 18 }
    const value = token ? 1_500_000n : ETHER
    const payment = await this.ledger.newPayment({ asset, amount: amount(value) })
    const parts = this.dice.between('parts', 1, 2)
    for (let part = 0; part < parts; part++) this.#chain.pay(payment.address, token, value)
    // Money in what was not asked for.
    if (this.dice.roll('wrong asset') < 0.2) this.#chain.pay(payment.address, !token, token ? ETHER : 1_500_000n)
    this.#payments.push(payment)
  }

  #reorg(): void {
    const depthMax = Math.min(this.#chain.blocks.length - 1, FINALITY - 6)
    if (depthMax < 1) return
    this.#chain.reorg(this.dice.between('reorg depth', 1, depthMax))
    // The new branch is the longer one.
    for (let n = 0; n < depthMax + 1; n++) this.#chain.mine()
    this.#reorgs++
  }

  #context(): SweepContext {
    const { db, deposits, walletFingerprint } = this.ledger
    return {
      config: this.#config,
      chain: unreliableAccess(this.#chain, this.dice),
      db: crashing(db, this.dice),
      keys: {
        deposits: { signer: async (index) => deposits.signer(index) },
        walletFingerprint,
        gasWallet: this.#gasWallet,
        signsFor: async () => true,
      },
      log: createLogger({ service: 'simulation', level: (process.env['LOG_LEVEL'] ?? 'silent') as 'silent' }),
      conditions: new Conditions(),
      wakeRelay: () => undefined,
      now: () => new Date(Date.now() + this.#hoursPassed * 3_600_000),
    }
  }

  async #scan(): Promise<void> {
    await followChain(this.ledger.db, this.#config, {
      head: async () => this.#chain.head.verified.number,
      block: async (number) => this.#chain.blocks.find(({ verified }) => verified.number === number)?.verified ?? null,
    })
  }

  async #isDone(): Promise<boolean> {
    const { db } = this.ledger
    const [uncollected, open] = await Promise.all([
      db.prisma.transfers.count({
        where: { collected_by: null, kind: { not: 'funding' }, status: { not: 'orphaned' } },
      }),
      db.prisma.sweeps.count({ where: { status: { in: ['planned', 'broadcast'] } } }),
    ])
    if (uncollected + open > 0) return false
    const statuses = await this.ledger.statuses(this.#payments.map(({ id }) => id))
    return this.#payments.every((payment, n) => (statuses[n] === 'settled') === isPaid(this.#chain, payment))
  }
}

/** A process may die right before a commit, and right after it. */
function crashing(db: Database, dice: Dice): Database {
  return {
    ...db,
    async [TRANSACTION]<T>(operation: string, work: (tx: Executor) => Promise<T>): Promise<T> {
      const result = await transaction(db, operation, async (tx) => {
        const done = await work(tx)
        if (dice.fails(`crash before commit ${operation}`, 0.02)) throw new Crash(operation)
        return done
      })
      if (dice.fails(`crash after commit ${operation}`, 0.02)) throw new Crash(operation)
      return result
    },
  }
}

function configuration() {
  const parsed = parseChains(
    `chains:
  - name: anvil
    chain_id: 31337
    providers: [{name: none, http: "http://127.0.0.1:1"}]
    block_time_ms: 1
    confirmations: {depth: 3}
    finality: {depth: ${FINALITY}}
    native: {symbol: ETH, decimals: 18, min_sweep: "0"}
    tokens: [{symbol: USDC, contract: "${TOKEN}", decimals: 6, min_sweep: "0"}]
    treasury: "${TREASURY}"
    sweep: {max_gas_price_gwei: 100000, batch: {max_items: 4, max_wait_seconds: 0}}
`,
    {},
  )
  const chain = parsed.ok ? parsed.chains[0] : undefined
  if (chain === undefined) throw new Error('the simulation is configured wrongly')
  return chain
}
