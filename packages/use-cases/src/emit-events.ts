import type { Executor } from '@ctrip/db/database/database'
import { appendEvents, type EventToAppend } from '@ctrip/db/events/events'
import type { EventDraft } from '@ctrip/domain/events'
import { currentTraceparent } from '@ctrip/telemetry/spans'

/** Emits events in the transaction of their change, each with the current span as its origin. */
export async function emitEvents(tx: Executor, drafts: readonly EventDraft[]): Promise<void> {
  await appendEvents(tx, drafts.map(fromCurrentSpan))
}

/** An event with the current span as its origin; outside any span, its anchor. */
export function fromCurrentSpan(draft: EventDraft): EventToAppend {
  return { draft, traceparent: currentTraceparent() ?? draft.traceAnchor }
}
