import type { EventDraft } from '../events'
import type { Hash } from '../hash'
import type { Sweep } from './sweep'
import { renderSweep } from './view'

export type SweepEventType = 'sweep.planned' | 'sweep.broadcast' | 'sweep.confirmed' | 'sweep.failed'

/** What became of a sweep, told to each merchant that has money in it: its own items only. */
export function sweepEvents(type: SweepEventType, sweep: Sweep, transactionHash: Hash | null): EventDraft[] {
  const merchants = [...new Set(sweep.items.map((item) => item.merchantId))]
  return merchants.map((merchantId) => ({
    type,
    merchantId,
    subject: sweep.id,
    sequence: sweep.sequence,
    traceAnchor: sweep.traceAnchor,
    data: { sweep: renderSweep(sweep, merchantId, transactionHash) },
  }))
}
