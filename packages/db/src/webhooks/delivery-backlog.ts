import type { Database } from '../database/database'

/** The state of all deliveries together, for gauges. */
export interface DeliveryBacklog {
  /** Deliveries that could be attempted now. */
  readonly due: number
  /** How long the oldest of them has been waiting. */
  readonly lagSeconds: number
  /** Given up on in the last 24 hours, and not delivered since by a replay. */
  readonly deadLetters: number
  readonly circuitsOpen: number
  /** Enabled endpoints whose last attempts failed. */
  readonly failing: number
}

/**
 * Counts what is due and not held. What waits for an endpoint that is paused, or whose circuit is open, is not due: that is the
 * receiver's doing, not ours.
 */
export async function deliveryBacklog(db: Database): Promise<DeliveryBacklog> {
  const rows = await db.query(
    'deliveries.backlog',
    (prisma) => prisma.$queryRaw<BacklogRow[]>`
      SELECT count(*) AS due, extract(epoch FROM now() - min(due_at))::float8 AS lag,
        (SELECT count(*) FROM deliveries dead WHERE dead_lettered_at > now() - interval '24 hours'
          AND NOT EXISTS (SELECT 1 FROM deliveries again WHERE again.event_id = dead.event_id
            AND again.endpoint_id = dead.endpoint_id AND again.status = 'delivered')) AS dead_letters,
        (SELECT count(*) FROM webhook_endpoints WHERE enabled AND circuit_open_until IS NOT NULL) AS circuits_open,
        (SELECT count(*) FROM webhook_endpoints WHERE enabled AND failing_since IS NOT NULL) AS failing
      FROM delivery_queue JOIN webhook_endpoints endpoint ON endpoint.id = endpoint_id AND endpoint.enabled
      WHERE due_at <= now() AND (lease_until IS NULL OR lease_until < now())
        AND (paused_until IS NULL OR paused_until <= now()) AND circuit_open_until IS NULL`,
  )
  const row = rows[0]
  return {
    due: Number(row?.due ?? 0n),
    lagSeconds: Math.max(0, row?.lag ?? 0),
    deadLetters: Number(row?.dead_letters ?? 0n),
    circuitsOpen: Number(row?.circuits_open ?? 0n),
    failing: Number(row?.failing ?? 0n),
  }
}

interface BacklogRow {
  due: bigint
  lag: number | null
  dead_letters: bigint
  circuits_open: bigint
  failing: bigint
}
