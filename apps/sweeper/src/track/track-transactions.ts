import { type MinedReceipt, minedAttempt } from '@ctrip/chain/transactions/read-receipt'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { lockPayments } from '@ctrip/db/payments/payments'
import { awaitAuthorizations } from '@ctrip/db/sweeps/authorizations'
import { readStandings, type StandingTransaction } from '@ctrip/db/sweeps/sweep-standing'
import { markMined, markUnmined } from '@ctrip/db/sweeps/sweep-transactions'
import { readSweeps, reopenSweeps } from '@ctrip/db/sweeps/sweeps'
import type { SweepId } from '@ctrip/domain/ids'
import type { SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { changePayments } from '@ctrip/use-cases/change-payments'
import { reportChanges } from '@ctrip/use-cases/report-changes'
import { inParallel } from '../context/concurrency'
import type { LeasedContext } from '../context/sweep-context'

const LOOK_UPS_AT_ONCE = 16
const ACTOR = 'sweeper'

/** Looks for blocks that have what was sent. Any attempt of a transaction may have been mined, not only the newest. */
export async function findMined(context: LeasedContext, unmined: readonly SweepTransaction[]): Promise<number> {
  const found = await inParallel(unmined, LOOK_UPS_AT_ONCE, async (transaction) => {
    const receipt = await receiptOf(context, transaction)
    return receipt === null ? [] : [{ transactionId: transaction.id, attempt: minedAttempt(receipt) }]
  })
  const mined = found.flat()
  if (mined.length > 0) await commit(context, 'sweep.mined', (tx) => markMined(tx, mined))
  for (const { attempt } of mined) {
    context.log.info(
      { chain: context.config.name, tx_hash: attempt.hash, block_number: attempt.blockNumber },
      'sweep.mined',
    )
  }
  return mined.length
}

/**
 * How mined transactions stand in the scanned chain. Those whose block has left it wait again, with the bytes they have;
 * a sweep that was confirmed by then is open again.
 */
export async function followBlocks(context: LeasedContext): Promise<StandingTransaction[]> {
  const standings = await judged(context, await readStandings(context.db.prisma, context.config.chainId))
  const orphaned = standings.filter(({ standing }) => standing === 'orphaned')
  if (orphaned.length > 0) await takeBack(context, orphaned)
  return standings.filter(({ standing }) => standing !== 'orphaned')
}

/** What had ended with orphaned transactions is open again; payments that it had settled go back, and their merchants are told. */
async function takeBack(context: LeasedContext, orphaned: readonly StandingTransaction[]): Promise<void> {
  const transactionIds = orphaned.map(({ transactionId }) => transactionId)
  const sweepIds = orphaned.flatMap(endedSweep)
  const changes = await commit(context, 'sweep.orphaned', async (tx) => {
    const sweeps = await readSweeps(tx, sweepIds)
    const paymentIds = sweeps.flatMap(({ items }) => items.map(({ paymentId }) => paymentId))
    await lockPayments(tx, paymentIds)
    await markUnmined(tx, transactionIds)
    await awaitAuthorizations(tx, sweepIds)
    await reopenSweeps(tx, sweepIds)
    return changePayments(tx, paymentIds, () => ({ kind: 'sweep_orphaned' }), { actor: ACTOR })
  })
  context.wakeRelay()
  reportChanges(context.log, changes)
  context.log.warn({ chain: context.config.name, transactions: orphaned.length }, 'sweep.orphaned')
}

/** Of a block that the scanner no longer knows (final, and empty of payments) the providers are asked: it may be another by now. */
async function judged(
  { chain }: LeasedContext,
  standings: readonly StandingTransaction[],
): Promise<readonly StandingTransaction[]> {
  return inParallel(standings, LOOK_UPS_AT_ONCE, async (one) => {
    if (one.standing !== 'unknown') return one
    const receipt = await chain.receipt(one.hash)
    const stands = receipt?.canonical === true && receipt.blockHash === one.blockHash
    return stands ? one : { ...one, standing: 'orphaned' }
  })
}

/** The sweep that had ended with this transaction. A top-up ends none. */
function endedSweep({ sweepId, purpose, wasConfirmed }: StandingTransaction): SweepId[] {
  return wasConfirmed && purpose === 'collect' && sweepId !== null ? [sweepId] : []
}

async function receiptOf({ chain }: LeasedContext, { attempts }: SweepTransaction): Promise<MinedReceipt | null> {
  for (const { hash } of attempts) {
    const receipt = await chain.receipt(hash)
    if (receipt?.canonical === true) return receipt
  }
  return null
}
