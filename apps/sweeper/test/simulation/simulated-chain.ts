import type { VerifiedBlock, VerifiedLog } from '@ctrip/chain/blocks/verified-block'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { Hex } from '@ctrip/chain/hex'
import { type BroadcastOutcome, transactionHash } from '@ctrip/chain/transactions/broadcast'
import { type DecodedTransaction, decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import type { FeeMarket } from '@ctrip/chain/transactions/fee-market'
import { type Fees, feeCap, tipOf } from '@ctrip/chain/transactions/fees'
import { type Address, parseAddress } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import { type Hash, parseHash } from '@ctrip/domain/hash'
import { id, Transaction, zeroPadValue } from 'ethers'
import type { Dice } from './dice'
import { AccountState } from './ledger-state'
import { delegate, type SimulatedContracts, type TokenMove, tokenMoves } from './token-calls'

const TRANSFER_TOPIC = id('Transfer(address,address,uint256)')
const GWEI = 10n ** 9n
const RISES_AT_A_JUMP = 20
export const PLAIN_GAS = 21_000n
export const TOKEN_GAS = 50_000n
const STRANGER = address('0x00000000000000000000000000000000000000ee')

/** A signed transaction of ours, or a customer's payment, which needs no signature here. */
interface Pending {
  readonly hash: Hash
  readonly from: Address
  readonly decoded: DecodedTransaction | null
  readonly payment: { readonly to: Address; readonly token: boolean; readonly amount: bigint } | null
}

export interface MinedTransaction extends Pending {
  readonly succeeded: boolean
  readonly fee: bigint
  readonly operatorFee: bigint
  readonly gasUsed: bigint
  readonly moves: readonly TokenMove[]
}

export interface SimulatedBlock {
  readonly verified: VerifiedBlock
  readonly mined: readonly MinedTransaction[]
  readonly state: AccountState
  readonly baseFee: bigint
}

/** A chain with one mempool that forgets, and a miner who picks what he likes: the rules of nonces, fees and balances hold. */
export class SimulatedChain {
  blocks: SimulatedBlock[]
  readonly mempool = new Map<Hash, Pending>()
  #nextBaseFee = GWEI
  #rises = 0
  /** What is mined again after a reorg, unless its customer takes the opportunity. */
  #payments: Pending[] = []
  takenBack = 0
  /** The demands of this chain's nodes: some lives have a minimum tip, or an operator's fee beside gas. */
  readonly #minTip: bigint
  readonly #operatorFee: bigint

  constructor(
    private readonly config: ChainConfig,
    private readonly dice: Dice,
    state: AccountState,
    private readonly contracts: SimulatedContracts | null,
  ) {
    this.#minTip = dice.roll('minimum tip') < 0.5 ? 0n : BigInt(dice.between('minimum tip', 1, 25)) * GWEI
    this.#operatorFee = dice.roll('operator fee') < 0.5 ? 0n : BigInt(dice.between('operator fee', 1, 50)) * GWEI
    this.blocks = [{ verified: this.#sealed(null, [], []), mined: [], state, baseFee: GWEI }]
  }

  get head(): SimulatedBlock {
    const head = this.blocks.at(-1)
    if (head === undefined) throw new Error('a chain has a block')
    return head
  }

  find(hash: Hash): { block: SimulatedBlock; mined: MinedTransaction } | null {
    for (const block of this.blocks) {
      const mined = block.mined.find((transaction) => transaction.hash === hash)
      if (mined !== undefined) return { block, mined }
    }
    return null
  }

  /** Its nodes' statements about fees: sometimes none, sometimes no tip although they demand one. */
  market(): FeeMarket {
    if (this.dice.fails('fees unknown', 0.05)) return { kind: 'unknown' }
    const tip = this.dice.fails('tip untold', 0.2) ? 0n : this.#minTip
    return { kind: 'eip1559', baseFee: this.#nextBaseFee, headroom: 0n, tip }
  }

  operatorFee(gas: bigint): bigint {
    return gas * this.#operatorFee
  }

  pay(to: Address, token: boolean, value: bigint): void {
    this.#payments.push({
      hash: this.#hash('payment'),
      from: STRANGER,
      decoded: null,
      payment: { to, token, amount: value },
    })
  }

  /** What customers have paid to an address, and not taken back. */
  received(to: Address, token: boolean): bigint {
    const own = this.blocks
      .flatMap(({ mined }) => mined)
      .flatMap(({ payment }) => (payment?.to === to ? [payment] : []))
    return own.reduce((total, payment) => total + (payment.token === token ? payment.amount : 0n), 0n)
  }

  /** Judges a transaction as a node would. */
  submit(raw: Hex): BroadcastOutcome {
    const hash = transactionHash(raw)
    const decoded = decodeTransaction(raw)
    const from = address(Transaction.from(raw).from ?? '')
    const { state } = this.head
    if (decoded.nonce < (state.nonces.get(from) ?? 0)) return 'nonceTooLow'
    if (this.mempool.has(hash)) return 'alreadyKnown'
    if (tipOf(decoded.fees) < this.#minTip) return 'underpriced'
    const cost = this.#costOf(decoded)
    if (cost > (state.coins.get(from) ?? 0n)) return 'insufficientFunds'
    const rival = [...this.mempool.values()].find((one) => one.from === from && one.decoded?.nonce === decoded.nonce)
    if (rival?.decoded !== null && rival !== undefined) {
      if (feeCap(decoded.fees) * 10n < feeCap(rival.decoded.fees) * 11n) return 'underpriced'
      this.mempool.delete(rival.hash)
    }
    this.mempool.set(hash, { hash, from, decoded, payment: null })
    return 'accepted'
  }

  /** The balance that a sender must have: the operator's fee counts for the whole gas limit. */
  #costOf({ value, gasLimit, fees }: DecodedTransaction): bigint {
    return value + gasLimit * feeCap(fees) + this.operatorFee(gasLimit)
  }

  mine(): void {
    const state = this.head.state.copy()
    const baseFee = this.#nextBaseFee
    this.#foreseeBaseFee(baseFee)
    const mined: MinedTransaction[] = []
    const done = new Set(this.blocks.flatMap((block) => block.mined.map(({ hash }) => hash)))
    for (const payment of this.#payments) {
      if (done.has(payment.hash) || this.dice.fails(`late ${payment.hash}`, 0.3)) continue
      mined.push(this.#pay(state, payment))
    }
    const queue = [...this.mempool.values()].sort((a, b) => (a.decoded?.nonce ?? 0) - (b.decoded?.nonce ?? 0))
    for (const pending of queue) {
      if (this.dice.fails(`ignored ${pending.hash}`, 0.25)) continue
      const executed = this.#execute(state, pending, baseFee)
      if (executed !== null) mined.push(executed)
      if ((state.nonces.get(pending.from) ?? 0) > (pending.decoded?.nonce ?? 0)) this.mempool.delete(pending.hash)
    }
    this.blocks.push({ verified: this.#sealed(this.head.verified, mined, this.#logs(mined)), mined, state, baseFee })
  }

  /** It is known one block ahead (EIP-1559). Now and then demand jumps, and it rises by an eighth for many blocks on end. */
  #foreseeBaseFee(baseFee: bigint): void {
    if (this.dice.fails('fee jump', 0.02)) this.#rises = RISES_AT_A_JUMP
    const percent = this.#rises-- > 0 ? 112 : this.dice.between('base fee', baseFee > 100n * GWEI ? 80 : 88, 112)
    this.#nextBaseFee = (baseFee * BigInt(percent)) / 100n
  }

  /** Takes blocks off; most of their transactions go back to the mempool, some are forgotten, and some customers pay themselves instead. */
  reorg(depth: number): void {
    for (const block of this.blocks.splice(-depth)) {
      for (const { hash, from, decoded, payment } of block.mined) {
        if (payment !== null && this.dice.fails(`taken back ${hash}`, 0.5)) {
          this.#payments = this.#payments.filter((one) => one.hash !== hash)
          this.takenBack++
        }
        if (payment === null && !this.dice.fails(`lost ${hash}`, 0.3)) {
          this.mempool.set(hash, { hash, from, decoded, payment })
        }
      }
    }
  }

  forget(): void {
    for (const hash of this.mempool.keys()) if (this.dice.fails(`forget ${hash}`, 0.15)) this.mempool.delete(hash)
  }

  #pay(state: AccountState, pending: Pending): MinedTransaction {
    const { payment } = pending
    if (payment !== null)
      AccountState.move(payment.token ? state.tokens : state.coins, null, payment.to, payment.amount)
    const moves = payment?.token === true ? [{ ...payment, from: STRANGER }] : []
    return { ...pending, succeeded: true, fee: 0n, operatorFee: 0n, gasUsed: 0n, moves }
  }

  #execute(state: AccountState, pending: Pending, baseFee: bigint): MinedTransaction | null {
    const { decoded, from } = pending
    if (decoded === null || decoded.to === null || decoded.fees.kind === 'legacy') return null
    const cap = decoded.fees.maxFeePerGas
    const affordable = this.#costOf(decoded) <= (state.coins.get(from) ?? 0n)
    if ((state.nonces.get(from) ?? 0) !== decoded.nonce || cap < baseFee || !affordable) return null
    state.nonces.set(from, decoded.nonce + 1)
    delegate(state, decoded)
    const refuses = (holder: Address) => this.dice.fails(`refused ${holder}`, 0.08)
    const moves = tokenMoves(state, from, decoded, this.contracts, refuses)
    const gasUsed = decoded.data === '0x' ? PLAIN_GAS : TOKEN_GAS * BigInt(Math.max(1, moves?.length ?? 1))
    const fee = gasUsed * effectivePrice(decoded.fees, baseFee)
    const operatorFee = this.operatorFee(gasUsed)
    AccountState.move(state.coins, from, STRANGER, fee + operatorFee)
    AccountState.move(state.coins, from, decoded.to, decoded.value)
    for (const move of moves ?? []) AccountState.move(state.tokens, move.from, move.to, move.amount)
    return { ...pending, succeeded: moves !== null, fee, operatorFee, gasUsed, moves: moves ?? [] }
  }

  #logs(mined: readonly MinedTransaction[]): VerifiedLog[] {
    const contract = this.config.tokens[0]?.contract
    if (contract === undefined) return []
    const moves = mined.flatMap((one, transactionIndex) =>
      one.moves.map((move) => ({ ...move, transactionIndex, transactionHash: one.hash })),
    )
    return moves.map(({ from, to, amount: value, transactionIndex, transactionHash }, logIndex) => ({
      address: contract,
      topics: [hash(TRANSFER_TOPIC), hash(zeroPadValue(from, 32)), hash(zeroPadValue(to, 32))],
      data: `0x${value.toString(16).padStart(64, '0')}` as const,
      logIndex,
      transactionIndex,
      transactionHash,
    }))
  }

  #sealed(
    parent: VerifiedBlock | null,
    mined: readonly MinedTransaction[],
    logs: readonly VerifiedLog[],
  ): VerifiedBlock {
    const transactions = mined.map(({ hash: own, from, decoded, payment, succeeded }, index) => ({
      hash: own,
      index,
      from,
      to: payment?.token === true ? STRANGER : (payment?.to ?? decoded?.to ?? null),
      value: amount(payment === null ? (decoded?.value ?? 0n) : payment.token ? 0n : payment.amount),
      status: succeeded ? ('succeeded' as const) : ('failed' as const),
      proven: true,
    }))
    return {
      number: (parent?.number ?? 0) + 1,
      hash: this.#hash('block'),
      parentHash: parent?.hash ?? this.#hash('block'),
      timestamp: Math.floor(Date.now() / 1000),
      transactions,
      logs,
      trust: 'proven',
      provider: 'simulated',
    }
  }

  #hash(of: string): Hash {
    return hash(`0x${this.dice.bytes(of)}`)
  }
}

/** EIP-1559: the base fee and the tip, as far as the cap goes. */
function effectivePrice(fees: Extract<Fees, { kind: 'eip1559' }>, baseFee: bigint): bigint {
  const wanted = baseFee + fees.maxPriorityFeePerGas
  if (wanted > fees.maxFeePerGas) return fees.maxFeePerGas
  return wanted
}

function address(text: string): Address {
  const parsed = parseAddress(text)
  if (parsed === null) throw new Error(`no address: ${text}`)
  return parsed
}

function hash(text: string): Hash {
  const parsed = parseHash(text)
  if (parsed === null) throw new Error(`no hash: ${text}`)
  return parsed
}
