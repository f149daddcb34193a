import {
  type DeliveryId,
  type EventId,
  idFromUuid,
  idToUuid,
  type MerchantId,
  type WebhookEndpointId,
} from '@ctrip/domain/ids'
import type { Database } from '../database/database'
import { Prisma } from '../generated/prisma/client'

/** An endpoint with deliveries that are due and that nobody holds. */
export interface WaitingEndpoint {
  readonly id: WebhookEndpointId
  readonly merchantId: MerchantId
  readonly url: string
  /** Its circuit is half-open: one probe, and no more. */
  readonly probe: boolean
  /** Due deliveries without an attempt so far, and with; counted up to `perEndpoint`. */
  readonly first: number
  readonly retries: number
}

export interface DueDeliveries {
  readonly waiting: readonly WaitingEndpoint[]
  /** Endpoints that were deleted or disabled while deliveries waited for them. */
  readonly closed: readonly WebhookEndpointId[]
  /** Where to look on; null when the round is complete. */
  readonly cursor: WebhookEndpointId | null
}

/** What one endpoint may have of a claim. */
export interface Share {
  readonly endpointId: WebhookEndpointId
  readonly first: number
  readonly retries: number
  readonly probe: boolean
}

export interface ClaimedDelivery {
  readonly id: DeliveryId
  readonly eventId: EventId
  readonly endpointId: WebhookEndpointId
  readonly merchantId: MerchantId
  /** Settling needs it: whoever claims the row after the lease ran out has another. */
  readonly leaseToken: string
  /** Attempts made before. */
  readonly attempts: number
  readonly dueAt: Date
  readonly url: string
  readonly sealedSecret: Uint8Array
  /** For a day after a rotation. */
  readonly sealedPreviousSecret: Uint8Array | null
  /** A JSON object of headers to send along. */
  readonly sealedHeaders: Uint8Array | null
  /** The endpoint has something to recover from: a success must be told to it. */
  readonly troubled: boolean
  readonly probe: boolean
}

const NIL_UUID = '00000000-0000-0000-0000-000000000000'

/**
 * Looks which endpoints have work, without locking anything: `limit` endpoints after `cursor`, in the order of their ids. Jumps
 * from endpoint to endpoint in the indexes delivery_queue_first and delivery_queue_retries: the backlog of one is not read.
 */
export async function lookForWork(
  db: Database,
  { cursor, limit, perEndpoint }: { cursor: WebhookEndpointId | null; limit: number; perEndpoint: number },
): Promise<DueDeliveries> {
  const after = Prisma.sql`${cursor === null ? NIL_UUID : idToUuid(cursor)}::uuid`
  const rows = await db.query(
    'deliveries.look',
    (prisma) => prisma.$queryRaw<LookRow[]>`
      WITH RECURSIVE visited(n, endpoint_id) AS (
        SELECT 1, ${endpointAfter(after)}
        UNION ALL
        SELECT n + 1, ${endpointAfter(Prisma.sql`visited.endpoint_id`)}
        FROM visited WHERE visited.endpoint_id IS NOT NULL AND n < ${limit}
      ), waiting AS (
        SELECT visited.endpoint_id, endpoint.merchant_id, endpoint.url, endpoint.enabled,
          endpoint.circuit_open_until IS NOT NULL AS probe, first.due AS first, retries.due AS retries
        FROM visited LEFT JOIN webhook_endpoints endpoint ON endpoint.id = visited.endpoint_id,
          LATERAL ${countDue(Prisma.sql`attempts = 0`, perEndpoint)} first,
          LATERAL ${countDue(Prisma.sql`attempts > 0`, perEndpoint)} retries
        WHERE visited.endpoint_id IS NOT NULL AND (endpoint.enabled IS NOT TRUE OR (first.due + retries.due > 0
          AND (endpoint.paused_until IS NULL OR endpoint.paused_until <= now())
          AND (endpoint.circuit_open_until IS NULL OR endpoint.circuit_open_until <= now())))
      )
      SELECT waiting.*, (SELECT endpoint_id FROM visited WHERE n = ${limit}) AS cursor
      FROM (VALUES (1)) always LEFT JOIN waiting ON true`,
  )
  return toLook(rows)
}

/**
 * Takes each endpoint's share of its oldest due deliveries under `leaseToken`. Rows that another dispatcher is taking at
 * this moment are skipped; a lease that ran out (its holder died) is as good as none. A half-open circuit is claimed with
 * its probe, so that of several dispatchers one probes.
 */
export async function claimDeliveries(
  db: Database,
  shares: readonly Share[],
  { leaseToken, leaseMs }: { leaseToken: string; leaseMs: number },
): Promise<ClaimedDelivery[]> {
  const leaseUntil = Prisma.sql`now() + ${leaseMs} * interval '1 millisecond'`
  const rows = await db.query(
    'deliveries.claim',
    (prisma) => prisma.$queryRaw<ClaimRow[]>`
      WITH share AS (
        SELECT * FROM unnest(
          ${shares.map(({ endpointId }) => idToUuid(endpointId))}::uuid[], ${shares.map(({ first }) => first)}::int[],
          ${shares.map(({ retries }) => retries)}::int[], ${shares.map(({ probe }) => probe)}::boolean[]
        ) AS share(endpoint_id, first, retries, probe)
      ), probing AS (
        UPDATE webhook_endpoints SET circuit_open_until = ${leaseUntil}
        WHERE id IN (SELECT endpoint_id FROM share WHERE probe) AND circuit_open_until <= now()
        RETURNING id
      ), open AS (
        SELECT share.*, url, secret, headers, CASE WHEN previous_secret_until > now() THEN previous_secret END AS previous_secret,
          consecutive_failures > 0 OR failing_since IS NOT NULL OR circuit_open_until IS NOT NULL AS troubled
        FROM share JOIN webhook_endpoints endpoint ON endpoint.id = share.endpoint_id AND endpoint.enabled
        WHERE NOT share.probe OR EXISTS (SELECT 1 FROM probing WHERE probing.id = share.endpoint_id)
      ), picked_first AS (
        SELECT queued.delivery_id FROM open,
          LATERAL ${oldestDue(Prisma.sql`attempts = 0`, Prisma.sql`open.first`)} queued
      ), picked_retries AS (
        SELECT queued.delivery_id FROM open,
          LATERAL ${oldestDue(Prisma.sql`attempts > 0`, Prisma.sql`open.retries`)} queued
      ), leased AS (
        UPDATE delivery_queue SET lease_token = ${leaseToken}::uuid, lease_until = ${leaseUntil}
        -- An array, not a join: believing the queue empty, the planner would join all of it.
        WHERE delivery_id = ANY(ARRAY(SELECT delivery_id FROM picked_first UNION ALL SELECT delivery_id FROM picked_retries))
        RETURNING delivery_id, event_id, endpoint_id, merchant_id, attempts, due_at
      )
      SELECT leased.*, url, secret, previous_secret, headers, troubled, probe FROM leased JOIN open USING (endpoint_id)`,
  )
  return rows.map((row) => toClaimed(row, leaseToken))
}

/** The next endpoint, by id, that anything is queued for; null at the end. */
function endpointAfter(endpointId: Prisma.Sql): Prisma.Sql {
  const next = (kind: Prisma.Sql) => Prisma.sql`
    (SELECT endpoint_id FROM delivery_queue WHERE ${kind} AND endpoint_id > ${endpointId} ORDER BY endpoint_id LIMIT 1)`
  return Prisma.sql`least(${next(Prisma.sql`attempts = 0`)}, ${next(Prisma.sql`attempts > 0`)})`
}

function countDue(kind: Prisma.Sql, limit: number): Prisma.Sql {
  return Prisma.sql`(SELECT count(*)::int AS due FROM (
    SELECT 1 FROM delivery_queue WHERE endpoint_id = visited.endpoint_id AND ${kind} AND ${DUE} LIMIT ${limit}) counted)`
}

function oldestDue(kind: Prisma.Sql, limit: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(SELECT delivery_id FROM delivery_queue WHERE endpoint_id = open.endpoint_id AND ${kind} AND ${DUE}
    ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`
}

// now(), the statement's start: clock_timestamp() may change from row to row, so no index could be asked for it.
const DUE = Prisma.sql`due_at <= now() AND (lease_until IS NULL OR lease_until < now())`

interface LookRow {
  endpoint_id: string | null
  merchant_id: string | null
  url: string | null
  enabled: boolean | null
  probe: boolean
  first: number
  retries: number
  cursor: string | null
}

function toLook(rows: readonly LookRow[]): DueDeliveries {
  const waiting: WaitingEndpoint[] = []
  const closed: WebhookEndpointId[] = []
  for (const { endpoint_id, merchant_id, url, enabled, probe, first, retries } of rows) {
    if (endpoint_id === null) continue // the one row of a look that found nothing
    const id = idFromUuid('webhookEndpoint', endpoint_id)
    if (enabled !== true || merchant_id === null || url === null) closed.push(id)
    else waiting.push({ id, merchantId: idFromUuid('merchant', merchant_id), url, probe, first, retries })
  }
  const cursor = rows[0]?.cursor ?? null
  return { waiting, closed, cursor: cursor === null ? null : idFromUuid('webhookEndpoint', cursor) }
}

interface ClaimRow {
  delivery_id: string
  event_id: string
  endpoint_id: string
  merchant_id: string
  attempts: number
  due_at: Date
  url: string
  secret: Uint8Array
  previous_secret: Uint8Array | null
  headers: Uint8Array | null
  troubled: boolean
  probe: boolean
}

function toClaimed(row: ClaimRow, leaseToken: string): ClaimedDelivery {
  return {
    id: idFromUuid('delivery', row.delivery_id),
    eventId: idFromUuid('event', row.event_id),
    endpointId: idFromUuid('webhookEndpoint', row.endpoint_id),
    merchantId: idFromUuid('merchant', row.merchant_id),
    leaseToken,
    attempts: row.attempts,
    dueAt: row.due_at,
    url: row.url,
    sealedSecret: row.secret,
    sealedPreviousSecret: row.previous_secret,
    sealedHeaders: row.headers,
    troubled: row.troubled,
    probe: row.probe,
  }
}
