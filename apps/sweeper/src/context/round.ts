import type { SweepContracts } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import type { Broadcast } from '@ctrip/chain/transactions/broadcast'
import { decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import type { FeeMarket } from '@ctrip/chain/transactions/fee-market'
import { type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import { feesSince } from '@ctrip/db/sweeps/sweep-transactions'
import { assert } from '@ctrip/domain/assert'
import type { Attempt, Purpose, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import type { KnownMarket } from '../chain/fees'
import { readContracts } from '../chain/sweep-contracts'
import { once } from './concurrency'
import type { Memory } from './round-memory'
import type { LeasedContext, SweepContext } from './sweep-context'

const DAY_MS = 86_400_000

/** What a round asks of the chain once for all. */
export interface Inquiry extends SweepContext {
  market(): Promise<FeeMarket>
  gasBudget(): Promise<GasBudget>
  /** Our contracts, where they are deployed and are ours. */
  contracts(): Promise<SweepContracts | null>
  /** What may still be spent on fees today. */
  allowance(): Promise<GasBudget>
}

/** One round of work on a chain: an inquiry with the right to sign. */
export interface Round extends Inquiry, LeasedContext {}

/** A transaction that was sent in this round, and what the providers said. */
export interface Sent {
  readonly transaction: SweepTransaction
  readonly attempt: Attempt
  readonly broadcast: Broadcast
}

/** An amount of native coin that nothing signed lays claim to. */
interface GasBudget {
  /** Lays claim to an amount; false where that much is not there. */
  take(wei: bigint): boolean
  /** The wei that must be added to pay for everything refused. */
  missing(): bigint
}

/** The fee market of this round. Call only after a check that it is known. */
export async function knownMarket(round: Inquiry): Promise<KnownMarket> {
  const market = await round.market()
  assert(market.kind !== 'unknown', 'nothing is priced while fees are unknown')
  return market
}

export function inquire<Context extends SweepContext>(
  context: Context,
  unmined: readonly SweepTransaction[],
  memory: Memory,
): Context & Inquiry {
  const market = once(() => context.chain.market())
  return {
    ...context,
    market: async () => withTipOf(await market(), memory.neededTip),
    gasBudget: once(() => readGasBudget(context, unmined)),
    contracts: once(() => readContracts(context)),
    allowance: once(() => readAllowance(context, unmined)),
  }
}

/** A tip that a node demands has the same ceiling as every other. */
function withTipOf(market: FeeMarket, neededTip: bigint): FeeMarket {
  return market.kind === 'eip1559' && market.tip < neededTip ? { ...market, tip: neededTip } : market
}

async function readGasBudget(context: SweepContext, unmined: readonly SweepTransaction[]): Promise<GasBudget> {
  const { address } = context.keys.gasWallet
  const balance = await context.chain.balance(address)
  let free: bigint = balance
  for (const transaction of unmined) if (transaction.sender === address) free -= claimOf(transaction)
  return budgetOf(free)
}

async function readAllowance(
  { config, db, now }: SweepContext,
  unmined: readonly SweepTransaction[],
): Promise<GasBudget> {
  const limit = config.sweep.maxFeePerDay
  if (limit === null) return { take: () => true, missing: () => 0n }
  let free: bigint = limit - (await feesSince(db.prisma, config.chainId, new Date(now().getTime() - DAY_MS)))
  for (const { purpose, attempts } of unmined)
    if (attempts[0] !== undefined) free -= outlayOf({ purpose, ...decodeTransaction(attempts[0].raw) })
  return budgetOf(free)
}

function budgetOf(amount: bigint): GasBudget {
  let free = amount
  let refused = 0n
  return {
    take(wei) {
      if (wei > free) {
        refused += wei
        return false
      }
      free -= wei
      return true
    },
    missing: () => (refused > free ? refused - free : 0n),
  }
}

/** The most that a transaction takes from our own money: its fee, and the value that a top-up hands over to an address. */
export function outlayOf({ purpose, value, ...offer }: Outlay): bigint {
  return feeMax(offer) + (purpose === 'top_up' ? value : 0n)
}

interface Outlay {
  readonly purpose: Purpose
  readonly value: bigint
  readonly gasLimit: bigint
  readonly fees: Fees
}

/** The most that a transaction can cost in fees. */
export function feeMax({ gasLimit, fees }: { readonly gasLimit: bigint; readonly fees: Fees }): bigint {
  return gasLimit * feeCap(fees)
}

/** The most that a transaction can still cost its sender. */
function claimOf(transaction: SweepTransaction): bigint {
  const [newest] = transaction.attempts
  if (newest === undefined) return 0n
  const decoded = decodeTransaction(newest.raw)
  return decoded.value + feeMax(decoded)
}
