import { readTransactionsOf } from '@ctrip/db/sweep-transactions'
import { readOpenSweeps } from '@ctrip/db/sweeps'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { giveUpSweep } from './give-up-sweep'
import { inParallel } from './in-parallel'
import type { Round } from './round'
import { signTransaction } from './sign-transaction'
import { strategyNamed } from './strategies/choose-strategy'
import type { Step } from './strategies/strategy'

const QUESTIONS_AT_ONCE = 8

/** Signs what each open sweep needs next. Returns how many transactions were signed. */
export async function advanceSweeps(round: Round): Promise<number> {
  const sweeps = await readOpenSweeps(round.db.prisma, round.config.chainId)
  const transactions = await readTransactionsOf(
    round.db.prisma,
    sweeps.map(({ id }) => id),
  )
  const bySweep = Map.groupBy(transactions, ({ sweepId }) => sweepId)
  const steps = await inParallel(sweeps, QUESTIONS_AT_ONCE, async (sweep) => ({
    sweep,
    step: await nextStep(round, sweep, bySweep.get(sweep.id) ?? []),
  }))
  let signed = 0
  // One after the other: nonces of the gas wallet follow each other.
  for (const { sweep, step } of steps) {
    if (step.kind === 'give_up') await giveUpSweep(round, sweep, step.reason)
    if (step.kind !== 'sign') continue
    await signTransaction(round, sweep, step.draft)
    signed++
  }
  return signed
}

async function nextStep(round: Round, sweep: Sweep, transactions: readonly SweepTransaction[]): Promise<Step> {
  return strategyNamed(sweep.strategy).next(round, sweep, transactions)
}
