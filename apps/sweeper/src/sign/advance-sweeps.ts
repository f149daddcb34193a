import { readTransactionsOf } from '@ctrip/db/sweeps/sweep-transactions'
import { readOpenSweeps } from '@ctrip/db/sweeps/sweeps'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { inParallel } from '../context/concurrency'
import { giveUpSweep } from '../context/give-up-sweep'
import { isolate } from '../context/isolate'
import { feeMax, type Round } from '../context/round'
import type { Memory } from '../context/round-memory'
import type { Draft, Step } from '../strategies/strategy'
import { strategyNamed } from '../strategies/strategy-named'
import { signForSweep } from './sign-transaction'

const QUESTIONS_AT_ONCE = 8

/** Signs what each open sweep needs next. Returns how many sweeps came a step further. */
export async function advanceSweeps(round: Round, memory: Memory): Promise<number> {
  const open = await readOpenSweeps(round.db.prisma, round.config.chainId)
  const sweeps = open.filter(({ id }) => !memory.isStalled(id))
  const ids = sweeps.map(({ id }) => id)
  const bySweep = Map.groupBy(await readTransactionsOf(round.db.prisma, ids), ({ sweepId }) => sweepId)
  const steps = await inParallel(sweeps, QUESTIONS_AT_ONCE, (sweep) =>
    isolate(round, { sweep_id: sweep.id }, () => nextStep(round, sweep, bySweep.get(sweep.id) ?? [])),
  )
  let taken = 0
  // One after the other: nonces of the gas wallet follow each other.
  for (const [at, sweep] of sweeps.entries()) {
    const step = steps[at] ?? { kind: 'wait' }
    const moved = await isolate(round, { sweep_id: sweep.id }, () => take(round, sweep, step))
    if (moved === true) taken++
    else memory.noteStalled(sweep.id)
  }
  return taken
}

/**
 * What is signed is waited for. A treasury that is no longer configured gets nothing any more, unless it is: the money is
 * planned anew.
 */
async function nextStep(round: Round, sweep: Sweep, transactions: readonly SweepTransaction[]): Promise<Step> {
  const isWaitedFor = transactions.some(
    ({ purpose, status }) => purpose === 'collect' || status === 'signed' || status === 'broadcast',
  )
  if (isWaitedFor) return { kind: 'wait' }
  if (sweep.treasury !== round.config.treasury) return { kind: 'give_up', reason: 'treasury_changed' }
  return strategyNamed(sweep.strategy).next(round, sweep)
}

async function take(round: Round, sweep: Sweep, step: Step): Promise<boolean> {
  if (step.kind === 'wait') return false
  if (step.kind === 'give_up') await giveUpSweep(round, sweep, step.reason)
  else if (await isWithinLimits(round, step.draft)) await signForSweep(round, sweep, step.draft)
  else return false
  return true
}

/** Fees of one transaction and of a day have limits of their own, whatever a sweep is worth: what would break them waits. */
async function isWithinLimits(round: Round, draft: Draft): Promise<boolean> {
  const { config, log } = round
  const limit = config.sweep.maxFeePerTransaction
  const fee = feeMax(draft)
  if ((limit === null || fee <= limit) && (await round.allowance()).take(fee)) return true
  log.warn({ chain: config.name, purpose: draft.purpose, fee_wei: fee }, 'sweep.limit_reached')
  return false
}
