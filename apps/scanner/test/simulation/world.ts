import type { Keccak256 } from '@ctrip/chain/blocks/keccak'
import type { Address } from '@ctrip/domain/address'
import type { Hash } from '@ctrip/domain/hash'
import { ancestorAt, branch, commonAncestor, type Inclusion, type SimBlock, sealBlock } from './block-tree'
import type { Random } from './random'
import { randomTransaction, type SimTransaction, type Tokens } from './transactions'

export const BLOCK_SECONDS = 12
export const FINALITY_DEPTH = 12
/** The chain's clock, far from ours: nothing may go by ours. */
/** Long past: a block dated more than a day ahead of our clock is refused. */
const GENESIS_TIME = Date.UTC(2024, 0, 1) / 1000
const LAG_BLOCKS_MAX = 3
const AWAY = 0.06
const LIMITED = 0.06
const STRAYS_STEPS_MAX = 3

export interface SimProvider {
  readonly name: string
  /** What it has for the head: it may lag, or be on a branch that the chain has left. */
  tip: SimBlock
  up: boolean
  /** It follows branches of its own, and invents what no root proves. Never as many of them as the quorum. */
  readonly treacherous: boolean
  /** Tells what happens within transactions. */
  readonly traces: boolean
  /** For so many steps it serves another network. */
  awayFor: number
  /** It was found to serve another network: none of its responses is used. */
  excluded: boolean
  /** For so many steps it names its blocks, and refuses their contents and traces, as a rate limit of large requests does. */
  limitedFor: number
}

/** A chain with its branches, and the providers that tell of it. */
export class World {
  canonical: SimBlock
  readonly blocks = new Map<Hash, SimBlock>()
  readonly providers: readonly SimProvider[]
  /** Which providers have ever had a block. */
  readonly supporters = new Map<Hash, Set<string>>()
  /** What may be paid: amounts by address. */
  readonly payable: { readonly address: Address; readonly amount: bigint }[] = []
  /** Transactions of our own sweeper: its ledger knows them before any block does. */
  readonly funding = new Set<Hash>()
  /** Transactions that lost their block: they may come back elsewhere, or never (double-spent). */
  #dropped: SimTransaction[] = []
  readonly #left: SimBlock[] = []
  /** The head of another network: its blocks add up, and pay the same addresses. None of them is in `blocks`. */
  otherNetwork: SimBlock
  /** Of several providers, only one traces. */
  readonly oneTraces: boolean

  constructor(
    readonly random: Random,
    readonly keccak256: Keccak256,
    readonly tokens: Tokens,
    providers: number,
    /** Whether providers serve another network, or refuse contents, for some steps. */
    private readonly strays: boolean,
  ) {
    this.canonical = this.#seal(null, [])
    this.otherNetwork = this.strays ? sealBlock(random, keccak256, null, GENESIS_TIME, []) : this.canonical
    for (let height = 0; height < 3; height++) this.canonical = this.#seal(this.canonical, [])
    this.oneTraces = providers > 1 && random.chance(0.25)
    const tracing = random.integer(providers)
    this.providers = Array.from({ length: providers }, (_, at) => ({
      ...{ name: `provider-${at}`, tip: this.canonical, up: true },
      treacherous: providers >= 3 && at === 0,
      traces: !this.oneTraces || at === tracing,
      ...{ awayFor: 0, excluded: false, limitedFor: 0 },
    }))
    this.heal()
  }

  /** One thing happens: a block, a reorg, a flip back, or a provider moves. */
  step(): void {
    const what = this.random.integer(10)
    if (what < 4) this.mine()
    else if (what === 4) this.#reorganise()
    else if (what === 5) this.#flipBack()
    for (const provider of this.providers) if (this.random.chance(0.6)) this.#move(provider)
  }

  /** Between cycles only: a provider that changes its network after it was checked again, within the same cycle, is not noticed. */
  stray(): void {
    if (this.strays) for (const provider of this.providers) this.#stray(provider)
  }

  mine(secondsLater = BLOCK_SECONDS): SimBlock {
    this.canonical = this.#seal(this.canonical, this.#contents(this.canonical), secondsLater)
    return this.canonical
  }

  /** A block that pays nobody. */
  mineEmpty(secondsLater: number): void {
    this.canonical = this.#seal(this.canonical, [], secondsLater)
  }

  /** Every provider is up and has the canonical head, which is above all that anybody ever told of. */
  heal(): void {
    const highest = Math.max(...[...this.blocks.values()].map(({ number }) => number))
    while (this.canonical.number <= highest) this.mineEmpty(BLOCK_SECONDS)
    for (const provider of this.providers) {
      provider.up = true
      Object.assign(provider, { awayFor: 0, excluded: false, limitedFor: 0 })
      this.#follow(provider, this.canonical)
    }
  }

  /** Leaves some blocks and goes another way, at most as long, so that the head may also stay or go back. */
  #reorganise(): void {
    const depth = 1 + this.random.integer(Math.min(FINALITY_DEPTH - 2, this.canonical.number - 4) || 1)
    const fork = ancestorAt(this.canonical, this.canonical.number - depth)
    if (fork === null || fork.number < 3) return
    this.#leave(fork)
    let tip = fork
    for (let length = depth + this.random.integer(3); length > 0; length--) tip = this.#seal(tip, this.#contents(tip))
    this.canonical = tip
  }

  /** A → B → A: a branch that had been left grows past the one that replaced it. */
  #flipBack(): void {
    const back = this.#left.filter(
      (tip) => this.canonical.number - commonAncestor(tip, this.canonical).number < FINALITY_DEPTH - 1,
    )
    if (back.length === 0) return
    let tip = this.random.pick(back)
    this.#leave(commonAncestor(tip, this.canonical))
    while (tip.number <= this.canonical.number) tip = this.#seal(tip, this.#contents(tip))
    this.canonical = tip
  }

  #leave(fork: SimBlock): void {
    this.#left.push(this.canonical)
    for (const { inclusions } of branch(this.canonical, fork.number))
      this.#dropped.push(...inclusions.map(({ transaction }) => transaction))
  }

  #move(provider: SimProvider): void {
    provider.up = this.random.chance(0.9)
    if (provider.treacherous && this.random.chance(0.4)) {
      const from = ancestorAt(this.canonical, this.canonical.number - this.random.integer(3)) ?? this.canonical
      this.#follow(provider, this.#seal(from, this.#contents(from)))
      return
    }
    const lag = this.random.chance(0.7) ? 0 : this.random.integer(LAG_BLOCKS_MAX + 1)
    this.#follow(provider, ancestorAt(this.canonical, this.canonical.number - lag) ?? this.canonical)
  }

  /** Several may serve the other network at once: an account of one company behind each. */
  #stray(provider: SimProvider): void {
    if (provider.awayFor > 0) provider.awayFor--
    else if (this.random.chance(AWAY)) provider.awayFor = 1 + this.random.integer(STRAYS_STEPS_MAX)
    if (provider.awayFor === 0) provider.excluded = false
    if (provider.limitedFor > 0) provider.limitedFor--
    else if (!provider.treacherous && this.random.chance(LIMITED))
      provider.limitedFor = 1 + this.random.integer(STRAYS_STEPS_MAX)
    const height = this.canonical.number - 1 + this.random.integer(4)
    while (provider.awayFor > 0 && this.otherNetwork.number < height) this.#growOther()
  }

  #growOther(): void {
    const { timestamp } = this.otherNetwork
    const spent = this.payable.length === 0 ? [] : [{ transaction: this.#spend(), succeeded: true }]
    this.otherNetwork = sealBlock(this.random, this.keccak256, this.otherNetwork, timestamp + BLOCK_SECONDS, spent)
  }

  #follow(provider: SimProvider, tip: SimBlock): void {
    provider.tip = tip
    for (const { hash } of branch(tip)) {
      const known = this.supporters.get(hash) ?? new Set()
      if (known.has(provider.name)) return
      this.supporters.set(hash, known.add(provider.name))
    }
  }

  #seal(parent: SimBlock | null, inclusions: readonly Inclusion[], secondsLater = BLOCK_SECONDS): SimBlock {
    const timestamp = parent === null ? GENESIS_TIME : parent.timestamp + secondsLater
    const block = sealBlock(this.random, this.keccak256, parent, timestamp, inclusions)
    this.blocks.set(block.hash, block)
    return block
  }

  /** New transactions, and some that another branch had; none twice on one branch. */
  #contents(parent: SimBlock): Inclusion[] {
    const onBranch = new Set(
      [...branch(parent)].flatMap(({ inclusions }) => inclusions.map(({ transaction }) => transaction.hash)),
    )
    const again = this.#dropped.filter(({ hash }) => !onBranch.has(hash) && this.random.chance(0.5))
    const returning = [...new Map(again.map((transaction) => [transaction.hash, transaction])).values()].slice(0, 4)
    const fresh = this.payable.length === 0 ? [] : Array.from({ length: this.random.integer(4) }, () => this.#spend())
    return this.random
      .shuffled([...returning, ...fresh])
      .map((transaction) => ({ transaction, succeeded: this.random.chance(0.9) }))
  }

  #spend(): SimTransaction {
    const { address, amount } = this.random.pick(this.payable)
    const value = this.random.pick([amount, amount, amount / 2n, amount + 1n, 1n])
    const transaction = randomTransaction(this.random, this.keccak256, address, value, this.tokens)
    if (this.random.chance(0.1)) this.funding.add(transaction.hash)
    return transaction
  }
}
