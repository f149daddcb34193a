import { delegationTo } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import type { SweepPosition } from '@ctrip/db/sweeps/uncollected'
import { uncollectedBefore } from '@ctrip/db/sweeps/uncollected'
import { type Amount, sum } from '@ctrip/domain/amount'
import type { SweepItem } from '@ctrip/domain/sweep/sweep'
import { decodeTransaction } from './decode-transaction'
import { inParallel } from './in-parallel'
import { BlockUnavailableError } from './isolate'
import type { SettledSweep } from './settled-sweep'
import type { Collected } from './strategies/strategy'
import { strategyNamed } from './strategies/strategy-named'
import type { LeasedContext } from './sweep-context'

const QUESTIONS_AT_ONCE = 8

/** What a confirmed transaction did, read from the block that has it. */
export interface Outcome extends SettledSweep {
  readonly succeeded: boolean
  readonly taken: readonly Taken[]
  /** Delegations that came with it: whether each is in effect. */
  readonly delegations: readonly { readonly transactionId: string; readonly isInEffect: boolean }[]
}

interface Taken {
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
  return { ...settled, succeeded, taken, delegations: await readDelegations(context, settled) }
}

/** An authorization is skipped without a word where its nonce is not the account's: only the account's code tells. */
async function readDelegations(
  { chain }: LeasedContext,
  { transactions, attempt }: SettledSweep,
): Promise<Outcome['delegations']> {
  const asked = transactions.filter(({ purpose, status }) => purpose === 'authorize' && status === 'signed')
  if (asked.length === 0) return []
  const { authorizations } = decodeTransaction(attempt.raw)
  return inParallel(asked, QUESTIONS_AT_ONCE, async ({ id, sender, nonce }) => {
    const wanted = authorizations.find((one) => one.sender === sender && one.authorization.nonce === nonce)
    const code = await chain.code(sender)
    return {
      transactionId: id,
      isInEffect: wanted !== undefined && code === delegationTo(wanted.authorization.address),
    }
  })
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
