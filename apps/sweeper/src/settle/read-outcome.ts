import { feesPaidBy } from '@ctrip/db/sweeps/sweep-transactions'
import type { SweepPosition } from '@ctrip/db/sweeps/uncollected'
import { uncollectedBefore } from '@ctrip/db/sweeps/uncollected'
import { type Amount, sum } from '@ctrip/domain/amount'
import type { Taking } from '@ctrip/domain/sweep/attribute'
import type { SweepItem, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { inParallel } from '../context/concurrency'
import { BlockUnavailableError } from '../context/isolate'
import type { LeasedContext } from '../context/sweep-context'
import type { Collected, MinedSweep } from '../strategies/strategy'
import { strategyNamed } from '../strategies/strategy-named'

const QUESTIONS_AT_ONCE = 8

/** A sweep whose collecting transaction is confirmed, by whichever attempt. */
export interface SettledSweep extends MinedSweep {
  readonly transactions: readonly SweepTransaction[]
  readonly collecting: SweepTransaction
}

/** What a confirmed transaction did, read from the block that has it. */
export interface Outcome extends SettledSweep {
  readonly succeeded: boolean
  readonly taken: readonly Taken[]
  /** Delegations that came with it: whether each is in effect. */
  readonly delegations: readonly { readonly transactionId: string; readonly isInEffect: boolean }[]
}

export interface Taken extends Taking {
  readonly item: SweepItem
  /** The amount that reached the treasury. */
  readonly amount: Amount
  /** The amount that was requested and stayed. */
  readonly stayed: Amount
  readonly at: SweepPosition
}

/** Reads what a sweep took. Status 1 proves nothing: what counts is what the block, and the balances around it, say was moved. */
export async function readOutcome(context: LeasedContext, settled: SettledSweep): Promise<Outcome> {
  const { sweep, attempt, mined } = settled
  const block = await context.chain.block(mined.blockHash)
  if (block === null) throw new BlockUnavailableError(`${context.config.name} has no block ${mined.blockHash} now`)
  const transaction = block.transactions.find(({ hash }) => hash === attempt.hash)
  if (transaction === undefined) throw new BlockUnavailableError(`${attempt.hash} is not in ${mined.blockHash}`)
  const succeeded = transaction.status === 'succeeded' && !attempt.cancels
  const collected = succeeded ? await strategyNamed(sweep.strategy).collected(context, settled, block) : []
  const taken: Taken[] = []
  for (const one of collected) taken.push(await withRest(context, settled, one))
  return { ...settled, succeeded, taken, delegations: await readDelegations(context, settled) }
}

/**
 * An authorization is skipped without a word where its nonce is not the account's (EIP-7702), and uses the nonce where it is
 * not: how many are used after the block tells. Asked of that block, since a node that is behind would have it given again.
 */
async function readDelegations(
  { chain }: LeasedContext,
  { transactions, mined: { blockHash } }: SettledSweep,
): Promise<Outcome['delegations']> {
  const asked = transactions.filter(({ purpose, status }) => purpose === 'authorize' && status === 'signed')
  return inParallel(asked, QUESTIONS_AT_ONCE, async ({ id, sender, nonce }) => {
    const used = (await chain.nonceAfter(sender, blockHash)) ?? (await chain.agreedNonce(sender, 'latest'))
    return { transactionId: id, isInEffect: used > nonce }
  })
}

/**
 * Asks what coin remains, and what gas the address paid, only where the sums leave money over: it came late, gas was paid
 * from it, a balance was understated. What remains of a token is known already.
 */
async function withRest(
  { chain, db }: LeasedContext,
  { sweep, mined }: SettledSweep,
  { item, amount, left, stayed, remaining, setAside, position }: Collected,
): Promise<Taken> {
  const at = { blockNumber: mined.blockNumber, position }
  const { chainId, asset } = sweep
  const before = await uncollectedBefore(db.prisma, chainId, item.address, asset, at)
  const taken = { item, amount, left, stayed, at, remaining, gas: setAside }
  if (setAside === null || sum(before.map((transfer) => transfer.amount)) <= left) return taken
  const [held = null] = await chain.balancesAt(mined.blockHash, [{ address: item.address, contract: null }])
  return { ...taken, remaining: held, gas: sum([setAside, await feesPaidBy(db.prisma, chainId, item.address)]) }
}
