import type { EventDraft } from '@ctrip/domain/events'
import { type EventId, idToUuid, newId } from '@ctrip/domain/ids'
import { traceIdOf } from '@ctrip/domain/payment/view'
import type { Executor } from '../database/database'

/** An event to write, with the span in which it came about. */
export interface EventToAppend {
  readonly draft: EventDraft
  readonly traceparent: string
}

/**
 * Writes events, and queues them for the relay, in the transaction of the change they tell: both happen or neither.
 * Their bodies are rendered here, once. Returns their ids, in order.
 */
export async function appendEvents(tx: Executor, events: readonly EventToAppend[]): Promise<EventId[]> {
  if (events.length === 0) return []
  const rows = events.map(({ draft, traceparent }, n) => ({ n, ...toEventRow(draft, traceparent) }))
  const json = JSON.stringify(rows.map(({ id: _id, ...row }) => row))
  await tx.$executeRaw`
    WITH given AS (
      SELECT * FROM jsonb_to_recordset(${json}::jsonb) AS given(
        n int, uuid uuid, merchant_id uuid, type text, payment_id uuid, checkout_session_id uuid, sequence int, body text,
        trace_anchor text, traceparent text, created_at timestamptz)
    ), written AS (
      INSERT INTO events (id, merchant_id, type, payment_id, checkout_session_id, sequence, body, trace_anchor, traceparent, created_at)
      SELECT uuid, merchant_id, type, payment_id, checkout_session_id, sequence, body, trace_anchor, traceparent, created_at FROM given
    )
    INSERT INTO outbox (event_id) SELECT uuid FROM given ORDER BY n`
  return rows.map(({ id }) => id)
}

/** Composes the event that NATS, `GET /events` and webhooks carry, as a row of the table. */
export function toEventRow(draft: EventDraft, traceparent: string) {
  const createdAt = new Date()
  const id = newId('event', createdAt.getTime())
  const body = JSON.stringify({
    id,
    type: draft.type,
    created_at: createdAt.toISOString(),
    sequence: draft.sequence,
    trace_id: traceIdOf(draft.traceAnchor),
    data: draft.data,
  })
  return {
    id,
    uuid: idToUuid(id),
    merchant_id: idToUuid(draft.merchantId),
    type: draft.type,
    payment_id: draft.subject.startsWith('pay_') ? idToUuid(draft.subject) : null,
    checkout_session_id: draft.subject.startsWith('cs_') ? idToUuid(draft.subject) : null,
    sequence: draft.sequence,
    body,
    trace_anchor: draft.traceAnchor,
    traceparent,
    created_at: createdAt.toISOString(),
  }
}
