import type { Executor } from '@ctrip/db/database/database'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { readFailures, recordWaits } from '@ctrip/db/sweeps/collection-waits'
import { concludeSweeps } from '@ctrip/db/sweeps/sweeps'
import { ZERO } from '@ctrip/domain/amount'
import { sweepEvents } from '@ctrip/domain/sweep/events'
import { type WaitReason, waitMs } from '@ctrip/domain/sweep/policy'
import type { Sweep, SweepItem } from '@ctrip/domain/sweep/sweep'
import { isUnlisted } from '@ctrip/domain/sweep/unlisted'
import { emitEvents } from '@ctrip/use-cases/emit-events'
import * as metrics from '../metrics'
import type { LeasedContext } from './sweep-context'

/** Ends a sweep of which nothing was sent that could still collect: its addresses are free, and are tried again later. */
export async function giveUpSweep(context: LeasedContext, sweep: Sweep, reason: WaitReason): Promise<void> {
  const items = sweep.items.map((item) => ({
    address: item.address,
    collected: ZERO,
    gasShare: ZERO,
    feeShare: ZERO,
    tokenFee: ZERO,
    reason,
  }))
  await commit(context, 'sweep.give_up', async (tx) => {
    const ended = await concludeSweeps(tx, [{ id: sweep.id, status: 'failed', reason, items }])
    await noteFailures(tx, sweep, sweep.items, reason)
    const events = ended.flatMap((one) => sweepEvents('sweep.failed', one, null))
    await emitEvents(tx, events)
  })
  context.wakeRelay()
  const { chain, strategy, asset } = sweep
  metrics.sweeps.inc({ chain, strategy, asset: asset.symbol, outcome: 'failed' })
  context.log.warn({ sweep_id: sweep.id, chain, reason }, 'sweep.failed')
}

/** Notes that a sweep got nothing from these of its addresses, and when they are tried again: ever later. */
export async function noteFailures(
  tx: Executor,
  sweep: Sweep,
  items: readonly SweepItem[],
  reason: WaitReason,
): Promise<void> {
  const { chainId, asset } = sweep
  if (isUnlisted(asset)) return // rescued by an operator, who is told, or not at all
  const addresses = items.map(({ address }) => address)
  const before = await readFailures(tx, chainId, asset, addresses)
  const waits = items.map(({ address, amountPlanned: amount }) => {
    const failures = (before.get(address) ?? 0) + 1
    return { address, asset, amount, reason, failures, retryAt: new Date(Date.now() + waitMs(reason, failures)) }
  })
  await recordWaits(tx, chainId, waits)
}
