import { type EventId, idFromUuid, idToUuid, type PaymentId } from '@ctrip/domain/ids'
import type { Database } from '../database/database'

/** An event as it is delivered: rendered when it came about, never again. */
export interface DeliverableEvent {
  readonly id: EventId
  readonly type: string
  readonly body: string
  readonly traceAnchor: string
  /** The span in which it came about. */
  readonly traceparent: string
  readonly createdAt: Date
  /** The payment that it is about; null where it is about an endpoint. */
  readonly paymentId: PaymentId | null
}

/** Reads events by their ids; those that are gone, their day being over, are missing. */
export async function readDeliverableEvents(db: Database, ids: readonly EventId[]): Promise<DeliverableEvent[]> {
  const rows = await db.query(
    'events.read_deliverable',
    (prisma) => prisma.$queryRaw<EventRow[]>`
      SELECT id, type, body, trace_anchor, traceparent, created_at, payment_id FROM events
      WHERE id = ANY(${ids.map(idToUuid)}::uuid[])`,
  )
  return rows.map((row) => ({
    id: idFromUuid('event', row.id),
    type: row.type,
    body: row.body,
    traceAnchor: row.trace_anchor,
    traceparent: row.traceparent,
    createdAt: row.created_at,
    paymentId: row.payment_id === null ? null : idFromUuid('payment', row.payment_id),
  }))
}

interface EventRow {
  id: string
  type: string
  body: string
  trace_anchor: string
  traceparent: string
  created_at: Date
  payment_id: string | null
}
