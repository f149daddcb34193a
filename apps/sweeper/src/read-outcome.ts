import type { SweepPosition } from '@ctrip/db/uncollected'
import { uncollectedBefore } from '@ctrip/db/uncollected'
import { type Amount, sum } from '@ctrip/domain/amount'
import type { SweepItem } from '@ctrip/domain/sweep/sweep'
import { BlockUnavailableError } from './isolate'
import type { SettledSweep } from './settle-sweeps'
import { strategyNamed } from './strategies/choose-strategy'
import type { Collected } from './strategies/strategy'
import type { LeasedContext } from './sweep-context'

/** What a confirmed transaction did, read from the block that has it. */
export interface Outcome extends SettledSweep {
  readonly succeeded: boolean
  readonly taken: readonly Taken[]
}

export interface Taken {
  readonly item: SweepItem
  readonly amount: Amount
  readonly left: Amount
  readonly at: SweepPosition
  /** What the address held after it; null where that need not be known, or no longer is. */
  readonly remaining: Amount | null
}

/** Reads what a sweep took. Status 1 proves nothing: what counts is what the block's transactions and logs say was moved. */
export async function readOutcome(context: LeasedContext, settled: SettledSweep): Promise<Outcome> {
  const { sweep, attempt, mined } = settled
  const block = await context.chain.block(mined.blockHash)
  if (block === null) throw new BlockUnavailableError(`${context.config.name} has no block ${mined.blockHash} now`)
  const transaction = block.transactions.find(({ hash }) => hash === attempt.hash)
  if (transaction === undefined) throw new BlockUnavailableError(`${attempt.hash} is not in ${mined.blockHash}`)
  const succeeded = transaction.status === 'succeeded' && !attempt.cancels
  const collected = succeeded ? strategyNamed(sweep.strategy).collected(sweep, attempt, block) : []
  const taken: Taken[] = []
  for (const one of collected) taken.push(await withRest(context, settled, one))
  return { ...settled, succeeded, taken }
}

/** Asks what remains only where the sums leave money over: it came late, a token shrank, gas was paid from it. */
async function withRest(context: LeasedContext, { sweep, mined }: SettledSweep, collected: Collected): Promise<Taken> {
  const { item, amount, left, position } = collected
  const at = { blockNumber: mined.blockNumber, position }
  const { chainId, contract } = { chainId: sweep.chainId, contract: sweep.asset.contract }
  const before = await uncollectedBefore(context.db.prisma, chainId, item.address, sweep.asset, at)
  const isShort = sum(before.map((transfer) => transfer.amount)) > left
  const remaining = isShort ? await context.chain.balanceAt(item.address, contract, mined.blockHash) : null
  return { item, amount, left, at, remaining }
}
