import type { OutboxEntry } from '@ctrip/domain/events'
import { type EventId, idFromUuid, idToUuid } from '@ctrip/domain/ids'
import type { Database } from '../database/database'
import { isLeaseLost, LeaseLostError } from '../database/errors'
import type { Lease } from '../leases/leases'

/** The oldest entries, in the order of their writing; of one payment that is the order of its events. */
export async function readOutbox(db: Database, limit: number): Promise<OutboxEntry[]> {
  const rows = await db.query(
    'outbox.read',
    (prisma) => prisma.$queryRaw<OutboxRow[]>`
      SELECT event_id, type, body, trace_anchor, traceparent, outbox.created_at
      FROM outbox JOIN events ON events.id = outbox.event_id
      ORDER BY number LIMIT ${limit}`,
  )
  return rows.map((row) => ({
    eventId: idFromUuid('event', row.event_id),
    type: row.type,
    body: row.body,
    traceAnchor: row.trace_anchor,
    traceparent: row.traceparent,
    createdAt: row.created_at,
  }))
}

/**
 * Takes published events off the outbox, gives them their positions and hands them to the fan-out (function publish_events, the
 * only right that a service has on these tables). Killed before this commits, the relay publishes them again: NATS drops the
 * copies by their ids, consumers by their own keys. The row of relay_state is locked until the commit, so positions become
 * visible in order; the fence keeps a relay out that has been replaced. Throws LeaseLostError.
 */
export async function markPublished(db: Database, lease: Lease, eventIds: readonly EventId[]): Promise<void> {
  const { owner, epoch } = lease
  try {
    await db.query(
      'outbox.mark_published',
      (prisma) => prisma.$executeRaw`SELECT publish_events(${owner}, ${epoch}, ${eventIds.map(idToUuid)}::uuid[])`,
    )
  } catch (cause) {
    if (isLeaseLost(cause)) throw new LeaseLostError(`${lease.name}: epoch ${epoch} is over`, { cause })
    throw cause
  }
}

export async function outboxBacklog(db: Database): Promise<{ pending: number; oldestAgeSeconds: number }> {
  const rows = await db.query(
    'outbox.backlog',
    (prisma) => prisma.$queryRaw<{ pending: bigint; age: number | null }[]>`
      SELECT count(*) AS pending, extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS age FROM outbox`,
  )
  return { pending: Number(rows[0]?.pending ?? 0n), oldestAgeSeconds: Math.max(0, rows[0]?.age ?? 0) }
}

/** Its bytes on disk, and how much of its log the slowest replication slot holds back. Every role may ask. */
export async function databaseSize(db: Database): Promise<{ bytes: number; walRetainedBytes: number }> {
  const [row] = await db.query(
    'database.size',
    (prisma) => prisma.$queryRaw<{ bytes: bigint; held: number | null }[]>`
      SELECT pg_database_size(current_database()) AS bytes,
        (SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn))::float8 FROM pg_replication_slots) AS held`,
  )
  return { bytes: Number(row?.bytes ?? 0n), walRetainedBytes: Math.max(0, row?.held ?? 0) }
}

interface OutboxRow {
  event_id: string
  type: string
  body: string
  trace_anchor: string
  traceparent: string
  created_at: Date
}
