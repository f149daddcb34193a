import { appendEvents } from '@ctrip/db/events/events'
import { concludeSweeps } from '@ctrip/db/sweeps/sweeps'
import { ZERO } from '@ctrip/domain/amount'
import { sweepEvents } from '@ctrip/domain/sweep/events'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Sweep } from '@ctrip/domain/sweep/sweep'
import { currentTraceparent } from '@ctrip/telemetry/spans'
import * as metrics from './metrics'
import { noteFailures } from './note-failures'
import { commit, type LeasedContext } from './sweep-context'

/** Ends a sweep of which nothing was sent that could still collect: its addresses are free, and are tried again later. */
export async function giveUpSweep(context: LeasedContext, sweep: Sweep, reason: WaitReason): Promise<void> {
  const items = sweep.items.map((item) => ({
    address: item.address,
    collected: ZERO,
    gasShare: ZERO,
    feeShare: ZERO,
    reason,
  }))
  await commit(context, 'sweep.give_up', async (tx) => {
    const ended = await concludeSweeps(tx, [{ id: sweep.id, status: 'failed', reason, items }])
    await noteFailures(tx, sweep, sweep.items, reason)
    const events = ended.flatMap((one) => sweepEvents('sweep.failed', one, null))
    await appendEvents(
      tx,
      events.map((draft) => ({ draft, traceparent: currentTraceparent() ?? draft.traceAnchor })),
    )
  })
  context.wakeRelay()
  const { chain, strategy, asset } = sweep
  metrics.sweeps.inc({ chain, strategy, asset: asset.symbol, outcome: 'failed' })
  context.log.warn({ sweep_id: sweep.id, chain, reason }, 'sweep.failed')
}
