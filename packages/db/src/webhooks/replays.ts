import { ENDPOINT_TEST } from '@ctrip/domain/events'
import { type EventId, idToUuid, type MerchantId, newId, type WebhookEndpointId } from '@ctrip/domain/ids'
import { traceIdOf } from '@ctrip/domain/payment/view'
import type { Executor } from '../database/database'
import { WANTED } from '../events/event-filter'
import { Prisma } from '../generated/prisma/client'

/** Which events an endpoint is told again: those it never got, those never tried, or all. */
export const REPLAY_SCOPES = ['failed', 'missing', 'all'] as const
export type ReplayScope = (typeof REPLAY_SCOPES)[number]

/** One call's share; the answer says where to go on. */
export const REPLAY_MAX = 10_000
/** More wait only at an endpoint that has failed for days: the next call takes the rest. */
const BROUGHT_FORWARD_MAX = 50_000

/** Each telling again has a trigger of its own: beside the first, and beside other replays, of the same event. */
const TRIGGERS = { resend: 'resend', replay: 'replay', test: 'test' } as const

/** Tells one event again to every enabled endpoint that wants it; a test to that which it tested. Returns the number of deliveries. */
export async function resendEvent(tx: Executor, merchantId: MerchantId, eventId: EventId): Promise<number> {
  const rows = await tx.$queryRaw<{ made: number }[]>`
    WITH told AS (
      SELECT events.id AS event_id, type, endpoint.id AS endpoint_id, endpoint.merchant_id
      FROM events JOIN webhook_endpoints endpoint ON endpoint.merchant_id = events.merchant_id AND endpoint.enabled
      WHERE events.id = ${idToUuid(eventId)}::uuid AND events.merchant_id = ${idToUuid(merchantId)}::uuid
        AND CASE WHEN type = ${ENDPOINT_TEST} THEN EXISTS (${TRIED}) ELSE ${WANTED} END
    ), ${deliver(newTrigger('resend'))}
    SELECT count(*)::int AS made FROM made`
  return rows[0]?.made ?? 0
}

export interface Replay {
  readonly merchantId: MerchantId
  readonly endpointId: WebhookEndpointId
  readonly since: Date
  readonly until: Date
  readonly only: ReplayScope
}

/**
 * Brings forward what waits for a retry at an endpoint, of the events of a period: its merchant says that it works again, so a pause or
 * an open circuit ends too. Returns how many deliveries are due now that were not.
 */
export async function bringForward(tx: Executor, replay: Omit<Replay, 'only'>): Promise<number> {
  const endpoint = idToUuid(replay.endpointId)
  // The endpoint first: the lock order of everyone.
  await tx.$executeRaw`
    UPDATE webhook_endpoints SET paused_until = NULL, circuit_open_until = least(circuit_open_until, now())
    WHERE id = ${endpoint}::uuid AND merchant_id = ${idToUuid(replay.merchantId)}::uuid
      AND (paused_until IS NOT NULL OR circuit_open_until IS NOT NULL)`
  // One in flight is left to whoever holds it. By the index delivery_queue_retries.
  return tx.$executeRaw`
    UPDATE delivery_queue SET due_at = now() WHERE delivery_id IN (
      SELECT delivery_id FROM delivery_queue
      WHERE endpoint_id = ${endpoint}::uuid AND merchant_id = ${idToUuid(replay.merchantId)}::uuid AND attempts > 0
        AND due_at > now() AND (lease_until IS NULL OR lease_until < now())
        AND event_id >= uuidv7_floor(${replay.since}) AND event_id < uuidv7_floor(${replay.until})
      ORDER BY due_at LIMIT ${BROUGHT_FORWARD_MAX} FOR UPDATE SKIP LOCKED)`
}

/**
 * Tells an endpoint events of a period again, oldest first, at most REPLAY_MAX of them. An event that is waiting to be
 * delivered there anyway gets no second delivery. Returns the number of deliveries, and the time of the last event.
 */
export async function replayEvents(tx: Executor, replay: Replay): Promise<{ deliveries: number; until: Date | null }> {
  const rows = await tx.$queryRaw<{ made: number; until: Date | null }[]>`
    WITH told AS (
      SELECT events.id AS event_id, type, endpoint.id AS endpoint_id, endpoint.merchant_id, events.created_at
      FROM webhook_endpoints endpoint JOIN events ON events.merchant_id = endpoint.merchant_id
      WHERE endpoint.id = ${idToUuid(replay.endpointId)}::uuid AND endpoint.merchant_id = ${idToUuid(replay.merchantId)}::uuid
        AND events.id >= uuidv7_floor(${replay.since}) AND events.id < uuidv7_floor(${replay.until})
        AND position IS NOT NULL AND type NOT LIKE 'webhook.%' AND ${WANTED} AND ${IN_SCOPE[replay.only]}
        AND NOT EXISTS (SELECT 1 FROM deliveries waiting WHERE waiting.event_id = events.id
          AND waiting.endpoint_id = endpoint.id AND waiting.status = 'pending')
      ORDER BY events.id LIMIT ${REPLAY_MAX}
    ), ${deliver(newTrigger('replay'))}
    SELECT (SELECT count(*)::int FROM made) AS made, (SELECT max(created_at) FROM told) AS until`
  return { deliveries: rows[0]?.made ?? 0, until: rows[0]?.until ?? null }
}

/** An event for one endpoint alone. It gets no position and no row in the outbox: it is neither listed nor published. */
export async function testEndpoint(
  tx: Executor,
  test: { readonly merchantId: MerchantId; readonly endpointId: WebhookEndpointId; readonly traceparent: string },
): Promise<EventId> {
  const createdAt = new Date()
  const id = newId('event', createdAt.getTime())
  const body = JSON.stringify({
    id,
    type: ENDPOINT_TEST,
    created_at: createdAt.toISOString(),
    sequence: 0,
    trace_id: traceIdOf(test.traceparent),
    data: { endpoint_id: test.endpointId },
  })
  // A statement of its own: the policy on deliveries looks for the event.
  await tx.$executeRaw`
    INSERT INTO events (id, merchant_id, type, sequence, body, trace_anchor, traceparent, created_at)
    VALUES (${idToUuid(id)}::uuid, ${idToUuid(test.merchantId)}::uuid, ${ENDPOINT_TEST}, 0, ${body}, ${test.traceparent},
      ${test.traceparent}, ${createdAt})`
  await tx.$executeRaw`
    WITH told AS (
      SELECT id AS event_id, type, ${idToUuid(test.endpointId)}::uuid AS endpoint_id, merchant_id FROM events
      WHERE id = ${idToUuid(id)}::uuid
    ), ${deliver(TRIGGERS.test)}
    SELECT 1`
  return id
}

const TRIED = Prisma.sql`SELECT 1 FROM deliveries tried WHERE tried.event_id = events.id AND tried.endpoint_id = endpoint.id`

/** By the primary key of deliveries: event, endpoint, trigger. */
const IN_SCOPE: Readonly<Record<ReplayScope, Prisma.Sql>> = {
  failed: Prisma.sql`EXISTS (${TRIED}) AND NOT EXISTS (${TRIED} AND tried.status = 'delivered')`,
  missing: Prisma.sql`NOT EXISTS (${TRIED})`,
  all: Prisma.sql`true`,
}

/** From `told`: the deliveries, and their places in the queue, due at once. */
function deliver(trigger: string): Prisma.Sql {
  return Prisma.sql`made AS (
    INSERT INTO deliveries (event_id, endpoint_id, trigger, id, merchant_id, event_type, status)
    SELECT event_id, endpoint_id, ${trigger}, new_uuidv7(), merchant_id, type, 'pending' FROM told
    RETURNING id, event_id, endpoint_id, merchant_id
  ), queued AS (
    INSERT INTO delivery_queue (delivery_id, event_id, endpoint_id, merchant_id, due_at)
    SELECT id, event_id, endpoint_id, merchant_id, now() FROM made
  )`
}

function newTrigger(kind: keyof typeof TRIGGERS): string {
  return `${TRIGGERS[kind]}:${idToUuid(newId('delivery'))}`
}
