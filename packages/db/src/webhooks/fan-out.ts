import { type EventId, idFromUuid, idToUuid } from '@ctrip/domain/ids'
import type { Database } from '../database/database'

/**
 * Makes a delivery, due after `firstDelayMs`, for each enabled endpoint that wants each of these events, and takes them off
 * the fan-out queue. One statement: killed before it commits, nothing has happened; run again, nothing happens twice.
 * `webhook.*` events are delivered to nobody. Returns the number of new deliveries.
 */
export async function fanOutEvents(db: Database, eventIds: readonly EventId[], firstDelayMs: number): Promise<number> {
  const rows = await db.query(
    'fan_out.events',
    (prisma) => prisma.$queryRaw<{ made: number }[]>`
      SELECT fan_out_events(${eventIds.map(idToUuid)}::uuid[], ${firstDelayMs}::float8) AS made`,
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

export interface UnpublishedEvents {
  readonly events: readonly EventId[]
  /** The last place in the outbox that was read; null when none is left. */
  readonly last: bigint | null
}

/** Events that nobody could publish for `olderThanMs`, after a place in the outbox (primary key). */
export async function unpublishedEvents(
  db: Database,
  olderThanMs: number,
  { after, limit }: { readonly after: bigint; readonly limit: number },
): Promise<UnpublishedEvents> {
  const rows = await db.query(
    'fan_out.unpublished',
    (prisma) => prisma.$queryRaw<{ number: bigint; event_id: string }[]>`
      SELECT number, event_id FROM outbox
      WHERE number > ${after} AND created_at < now() - ${olderThanMs} * interval '1 millisecond'
      ORDER BY number LIMIT ${limit}`,
  )
  return { events: rows.map((row) => idFromUuid('event', row.event_id)), last: rows.at(-1)?.number ?? null }
}
