import { type DeliveryId, type EventId, idFromUuid, idToUuid, type WebhookEndpointId } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'
import { Prisma } from '../generated/prisma/client'

/** One attempt, as the delivery log keeps it. */
export interface LoggedAttempt {
  /** From 1. */
  readonly n: number
  readonly at: Date
  /** Null: no answer came. */
  readonly statusCode: number | null
  readonly durationMs: number
  /** The merchant's word for what went wrong; null when delivered. */
  readonly error: string | null
  /** Exactly what happened, for the operator. */
  readonly reason: string | null
  /** The beginning of a failed answer. */
  readonly responseBody: string | null
  /** The target of a redirect, which is not followed. */
  readonly location: string | null
}

export interface Settlement {
  readonly deliveryId: DeliveryId
  readonly eventId: EventId
  readonly leaseToken: string
  /** `pending`: to be tried again at `dueAt`. */
  readonly status: 'pending' | 'delivered' | 'dead_lettered' | 'discarded'
  readonly dueAt: Date | null
  /** Null: the delivery is given back as if it had never been claimed. */
  readonly attempt: LoggedAttempt | null
  /** Attempts made, this one included. */
  readonly attempts: number
}

/**
 * Writes what came of claimed deliveries, in one statement. A settlement whose lease ran out, so that another dispatcher has
 * the row, writes nothing. Returns the deliveries that were settled.
 */
export async function settleDeliveries(
  executor: Executor,
  settlements: readonly Settlement[],
): Promise<Set<DeliveryId>> {
  // Ids sort like the UUIDs they spell: the bounds let the planner leave out all other days' partitions.
  const events = settlements.map(({ eventId }) => eventId).sort()
  const [first, last] = [events[0], events.at(-1)]
  if (first === undefined || last === undefined) return new Set()
  const given = settlements.map(toGiven)
  // Named once more, as an array: by a join alone the planner, believing the queue empty, would read all of it.
  const named = Prisma.sql`queued.delivery_id = ANY(${given.map(({ delivery_id }) => delivery_id)}::uuid[])`
  const rows = await executor.$queryRaw<{ delivery_id: string }[]>`
    WITH given AS (
      SELECT * FROM json_to_recordset(${JSON.stringify(given)}::json) AS given(
        delivery_id uuid, lease_token uuid, status text, due_at timestamptz, attempts int,
        n int, at timestamptz, status_code int, duration_ms int, error text, reason text, response_body text, location text)
    ), finished AS (
      DELETE FROM delivery_queue queued USING given
      WHERE ${named} AND queued.delivery_id = given.delivery_id AND queued.lease_token = given.lease_token
        AND status <> 'pending'
      RETURNING queued.delivery_id, queued.event_id, queued.endpoint_id
    ), put_back AS (
      UPDATE delivery_queue queued
      SET due_at = given.due_at, attempts = given.attempts, lease_token = NULL, lease_until = NULL
      FROM given
      WHERE ${named} AND queued.delivery_id = given.delivery_id AND queued.lease_token = given.lease_token
        AND status = 'pending'
      RETURNING queued.delivery_id, queued.event_id, queued.endpoint_id
    ), settled AS (
      SELECT * FROM given JOIN (SELECT * FROM finished UNION ALL SELECT * FROM put_back) held USING (delivery_id)
    -- Deliveries before attempts, as the retention job locks them: the other way round they would wait for each other.
    ), updated AS (
      UPDATE deliveries SET status = settled.status, attempts = settled.attempts,
        completed_at = CASE WHEN settled.status <> 'pending' THEN now() END,
        dead_lettered_at = CASE WHEN settled.status = 'dead_lettered' THEN now() END
      FROM settled
      WHERE deliveries.event_id = settled.event_id AND deliveries.endpoint_id = settled.endpoint_id
        AND deliveries.id = settled.delivery_id
        AND deliveries.event_id BETWEEN ${idToUuid(first)}::uuid AND ${idToUuid(last)}::uuid
    ), logged AS (
      INSERT INTO delivery_attempts (event_id, delivery_id, n, at, status_code, duration_ms, error, reason, response_body,
        location)
      SELECT event_id, delivery_id, n, at, status_code, duration_ms, error, reason, response_body, location
      FROM settled WHERE n IS NOT NULL
    )
    SELECT delivery_id FROM given WHERE delivery_id NOT IN (SELECT delivery_id FROM settled)`
  // The lost ones are told, not the settled: there are hardly any, and each row costs as much as a signature.
  const lost = new Set(rows.map((row) => idFromUuid('delivery', row.delivery_id)))
  return new Set(settlements.map(({ deliveryId }) => deliveryId).filter((id) => !lost.has(id)))
}

/**
 * Ends deliveries that wait for an endpoint which is deleted or disabled, up to `limit` without an attempt and as many with:
 * discarded if its merchant closed it, dead-lettered, to be replayed once it works again, if we did. Those in flight are left
 * to whoever holds them.
 */
export async function closeDeliveries(
  executor: Executor,
  endpointId: WebhookEndpointId,
  limit: number,
): Promise<number> {
  const uuid = idToUuid(endpointId)
  // One kind, then the other, each by its index (delivery_queue_first, delivery_queue_retries): both at once have none.
  const unheld = (kind: Prisma.Sql) => Prisma.sql`
    SELECT delivery_id FROM delivery_queue
    WHERE endpoint_id = ${uuid}::uuid AND ${kind} AND (lease_until IS NULL OR lease_until < now())
    LIMIT ${limit} FOR UPDATE SKIP LOCKED`
  return executor.$executeRaw`
    WITH closed AS (
      DELETE FROM delivery_queue
      WHERE delivery_id = ANY(ARRAY(${unheld(Prisma.sql`attempts = 0`)}) || ARRAY(${unheld(Prisma.sql`attempts > 0`)}))
      AND NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ${uuid}::uuid AND enabled)
      RETURNING delivery_id, event_id
    ), outcome AS (
      SELECT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ${uuid}::uuid AND disabled_reason IS NOT NULL) AS by_us
    )
    UPDATE deliveries SET completed_at = now(),
      status = CASE WHEN by_us THEN 'dead_lettered' ELSE 'discarded' END,
      dead_lettered_at = CASE WHEN by_us THEN now() END
    FROM closed, outcome
    WHERE deliveries.event_id = closed.event_id AND deliveries.id = closed.delivery_id
      AND deliveries.endpoint_id = ${uuid}::uuid AND status = 'pending'`
}

function toGiven({ deliveryId, leaseToken, status, dueAt, attempt, attempts }: Settlement) {
  return {
    delivery_id: idToUuid(deliveryId),
    lease_token: leaseToken,
    status,
    due_at: dueAt,
    attempts,
    n: attempt?.n ?? null,
    at: attempt?.at ?? null,
    status_code: attempt?.statusCode ?? null,
    duration_ms: attempt?.durationMs ?? null,
    error: attempt?.error ?? null,
    reason: attempt?.reason ?? null,
    response_body: attempt?.responseBody ?? null,
    location: attempt?.location ?? null,
  }
}
