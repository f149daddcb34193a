import { type EventId, idFromUuid, idToUuid } from '@ctrip/domain/ids'
import type { Database } from '../database/database'
import { WANTED } from '../events/event-filter'

/** The first telling of an event; replays, resends and tests have triggers of their own. */
const TRIGGER = 'event'

/**
 * Makes a delivery, due after `firstDelayMs`, for each enabled endpoint that wants each of these events, and takes them off
 * the fan-out queue. One statement: killed before it commits, nothing has happened; run again, nothing happens twice (the
 * key is event, endpoint, trigger). `webhook.*` events are told to nobody. Returns the number of new deliveries.
 */
export async function fanOutEvents(db: Database, eventIds: readonly EventId[], firstDelayMs: number): Promise<number> {
  const uuids = eventIds.map(idToUuid)
  const rows = await db.query(
    'fan_out.events',
    (prisma) => prisma.$queryRaw<{ made: number }[]>`
      WITH told AS (
        SELECT id, merchant_id, type, body FROM events WHERE id = ANY(${uuids}::uuid[]) AND type NOT LIKE 'webhook.%'
      ), made AS (
        INSERT INTO deliveries (event_id, endpoint_id, trigger, id, merchant_id, event_type, status)
        SELECT told.id, endpoint.id, ${TRIGGER}, new_uuidv7(), told.merchant_id, told.type, 'pending'
        FROM told JOIN webhook_endpoints endpoint ON endpoint.merchant_id = told.merchant_id AND endpoint.enabled
        WHERE ${WANTED}
        -- In one order, so that two dispatchers with the same events wait for each other in a line, not in a circle.
        ORDER BY told.id, endpoint.id
        ON CONFLICT DO NOTHING
        RETURNING id, event_id, endpoint_id, merchant_id
      ), queued AS (
        INSERT INTO delivery_queue (delivery_id, event_id, endpoint_id, merchant_id, due_at)
        SELECT id, event_id, endpoint_id, merchant_id, now() + ${firstDelayMs} * interval '1 millisecond' FROM made
      ), done AS (
        DELETE FROM fan_out_queue WHERE event_id = ANY(${uuids}::uuid[])
      )
      SELECT count(*)::int AS made FROM made`,
  )
  return rows[0]?.made ?? 0
}

/** Published events that nobody has fanned out after `olderThanMs`, oldest first (index fan_out_queue_by_age). */
export async function overdueFanOuts(db: Database, olderThanMs: number, limit: number): Promise<EventId[]> {
  const rows = await db.query(
    'fan_out.overdue',
    (prisma) => prisma.$queryRaw<{ event_id: string }[]>`
      SELECT event_id FROM fan_out_queue
      WHERE published_at < now() - ${olderThanMs} * interval '1 millisecond'
      ORDER BY published_at LIMIT ${limit}`,
  )
  return rows.map((row) => idFromUuid('event', row.event_id))
}
