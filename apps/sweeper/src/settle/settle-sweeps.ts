import { type ChainState, readChainState } from '@ctrip/db/chains/chain-state'
import { commit } from '@ctrip/db/leases/fenced-commit'
import type { StandingTransaction } from '@ctrip/db/sweeps/sweep-standing'
import { concludeTransactions, readTransactionsOf } from '@ctrip/db/sweeps/sweep-transactions'
import { readOpenSweeps } from '@ctrip/db/sweeps/sweeps'
import { type Amount, sum, ZERO } from '@ctrip/domain/amount'
import { confirmationsAt, confirmationsRequired } from '@ctrip/domain/confirmations'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { isolate } from '../context/isolate'
import type { LeasedContext } from '../context/sweep-context'
import { closeDeployments } from './close-deployments'
import { concludeSweeps } from './conclude-sweeps'
import type { SettledSweep } from './read-outcome'
import { readOutcome } from './read-outcome'

/** Sweeps that end in one commit: enough to be quick, few enough not to hold payments' locks for long. */
const ENDED_PER_COMMIT_MAX = 25

/**
 * Ends the sweeps whose collecting transaction the chain's policy is sure of. Judged by the scanner's chain, which is
 * proven and which the payments go by too: a sweep never is confirmed before the transfers that stand below it.
 */
export async function settleSweeps(context: LeasedContext, standings: readonly StandingTransaction[]): Promise<number> {
  const waiting = standings.filter(({ wasConfirmed, standing }) => !wasConfirmed && standing !== 'ahead')
  const state = await readChainState(context.db.prisma, context.config.chainId)
  if (waiting.length === 0 || state === null || state.haltedReason !== null) return 0
  if (!(await context.chain.agrees(state.cursor.number, state.cursor.hash))) return 0
  const sweeps = await readOpenSweeps(context.db.prisma, context.config.chainId)
  const ids = [...new Set(waiting.flatMap(({ sweepId }) => (sweepId === null ? [] : [sweepId])))]
  const transactions = await readTransactionsOf(context.db.prisma, ids)
  const placed = new Set(waiting.map(({ transactionId }) => transactionId))
  const tagged = await taggedNumber(context)
  const isSure = (transaction: SweepTransaction, amount: Amount) =>
    placed.has(transaction.id) &&
    transaction.mined !== null &&
    isDeep(context, state, tagged, transaction.mined.blockNumber, amount)
  await closeDeployments(context, waiting, (number) => isDeep(context, state, tagged, number, ZERO))
  await concludeSupporting(context, transactions, (transaction) => isSure(transaction, amountOf(sweeps, transaction)))
  const settled = sweeps.flatMap((sweep) => settledSweep(sweep, transactions, isSure))
  for (let at = 0; at < settled.length; at += ENDED_PER_COMMIT_MAX) {
    const chunk = settled.slice(at, at + ENDED_PER_COMMIT_MAX)
    const outcomes = await Promise.all(
      chunk.map((one) => isolate(context, { sweep_id: one.sweep.id }, () => readOutcome(context, one))),
    )
    await concludeSweeps(
      context,
      outcomes.filter((outcome) => outcome !== null),
    )
  }
  return settled.length
}

function settledSweep(
  sweep: Sweep,
  transactions: readonly SweepTransaction[],
  isSure: (transaction: SweepTransaction, amount: Amount) => boolean,
): SettledSweep[] {
  const own = transactions.filter(({ sweepId }) => sweepId === sweep.id)
  const collecting = own.find(({ purpose }) => purpose === 'collect')
  if (collecting === undefined || !isSure(collecting, plannedAmount(sweep))) return []
  const { mined, attempts } = collecting
  const attempt = attempts.find(({ hash }) => hash === mined?.hash)
  return mined === null || attempt === undefined ? [] : [{ sweep, transactions: own, collecting, attempt, mined }]
}

/** Top-ups and authorisations only support: they end on their own, and in time to be in the sweep's accounts. */
async function concludeSupporting(
  context: LeasedContext,
  transactions: readonly SweepTransaction[],
  isSure: (transaction: SweepTransaction) => boolean,
): Promise<void> {
  const done = transactions.filter((transaction) => transaction.purpose !== 'collect' && isSure(transaction))
  if (done.length === 0) return
  const ids = done.map(({ id }) => id)
  await commit(context, 'sweep.supporting', (tx) => concludeTransactions(tx, ids, 'confirmed'))
}

function isDeep(
  { config }: LeasedContext,
  state: ChainState,
  tagged: number | null,
  blockNumber: number,
  amount: Amount,
): boolean {
  const required = confirmationsRequired(config.confirmations, amount)
  if (required === null) return blockNumber <= Math.min(tagged ?? -1, state.cursor.number)
  return confirmationsAt(state.cursor.number, blockNumber) >= required
}

async function taggedNumber({ chain, config }: LeasedContext): Promise<number | null> {
  return config.confirmations.kind === 'tag' ? await chain.taggedNumber(config.confirmations.tag) : null
}

function amountOf(sweeps: readonly Sweep[], { sweepId }: SweepTransaction): Amount {
  return plannedAmount(sweeps.find(({ id }) => id === sweepId))
}

function plannedAmount(sweep: Sweep | undefined): Amount {
  return sum(sweep?.items.map((item) => item.amountPlanned) ?? [])
}
