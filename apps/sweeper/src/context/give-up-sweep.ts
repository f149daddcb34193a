import type { Executor } from '@ctrip/db/database/database'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { NO_SETBACKS, readSetbacks, recordWaits } from '@ctrip/db/sweeps/collection-waits'
import { readTransactionsOf } from '@ctrip/db/sweeps/sweep-transactions'
import { concludeSweeps } from '@ctrip/db/sweeps/sweeps'
import { type Amount, sum, ZERO } from '@ctrip/domain/amount'
import { shares } from '@ctrip/domain/sweep/attribute'
import { sweepEvents } from '@ctrip/domain/sweep/events'
import { type WaitReason, waitMs } from '@ctrip/domain/sweep/policy'
import type { Sweep, SweepItem } from '@ctrip/domain/sweep/sweep'
import { isUnlisted } from '@ctrip/domain/sweep/unlisted'
import { emitEvents } from '@ctrip/use-cases/emit-events'
import * as metrics from '../metrics'
import type { LeasedContext } from './sweep-context'

/**
 * Ends a sweep of which nothing was sent that could still collect: its addresses are free, and are tried again later. Its top-ups were paid
 * for, and are shared by its items.
 */
export async function giveUpSweep(context: LeasedContext, sweep: Sweep, reason: WaitReason): Promise<void> {
  const mined = (await readTransactionsOf(context.db.prisma, [sweep.id])).flatMap((one) => one.mined ?? [])
  const gas = shares(
    mined.reduce((total, { gasUsed }) => total + gasUsed, 0n),
    sweep.items.length,
  )
  const fees = shares(sum(mined.map(({ feePaid }) => feePaid)), sweep.items.length)
  const items = sweep.items.map((item, at) => ({
    address: item.address,
    collected: ZERO,
    gasShare: gas[at] ?? ZERO,
    feeShare: fees[at] ?? ZERO,
    tokenFee: ZERO,
    reason,
  }))
  await commit(context, 'sweep.give_up', async (tx) => {
    const ended = await concludeSweeps(tx, [{ id: sweep.id, status: 'failed', reason, items }])
    await noteFailures(
      tx,
      sweep,
      sweep.items.map((item, at) => ({ item, feeShare: fees[at] ?? ZERO })),
      { reason, isMined: false },
    )
    const events = ended.flatMap((one) => sweepEvents('sweep.failed', one, null))
    await emitEvents(tx, events)
  })
  context.wakeRelay()
  const { chain, strategy, asset } = sweep
  metrics.sweeps.inc({ chain, strategy, asset: asset.symbol, outcome: 'failed' })
  context.log.warn({ sweep_id: sweep.id, chain, reason }, 'sweep.failed')
}

/** An item of a sweep that failed, and its share of what was paid for it. */
export interface FailedItem {
  readonly item: SweepItem
  readonly feeShare: Amount
}

/**
 * Notes that a sweep got nothing from these of its addresses, what that cost, and when they are tried again: ever later. `isMined`: a transaction
 * was mined for it, which counts towards the failures after which an operator decides; null where a part of the money did move.
 */
export async function noteFailures(
  tx: Executor,
  sweep: Sweep,
  failed: readonly FailedItem[],
  { reason, isMined }: { readonly reason: WaitReason; readonly isMined: boolean | null },
): Promise<void> {
  const { chainId, asset } = sweep
  if (isUnlisted(asset)) return // rescued by an operator, who is told, or not at all
  const addresses = failed.map(({ item }) => item.address)
  const known = await readSetbacks(tx, chainId, asset, addresses)
  const waits = failed.map(({ item: { address, amountPlanned: amount }, feeShare }) => {
    const before = known.get(address) ?? NO_SETBACKS
    const failures = before.failures + 1
    const minedFailures = isMined === null ? 0 : before.minedFailures + (isMined ? 1 : 0)
    const feesSpent = sum([before.feesSpent, feeShare])
    const retryAt = new Date(Date.now() + waitMs(reason, failures))
    return { address, asset, amount, reason, failures, retryAt, minedFailures, feesSpent }
  })
  await recordWaits(tx, chainId, waits)
}
