import {
  type DeliveryId,
  type EventId,
  idFromUuid,
  idToUuid,
  type MerchantId,
  type WebhookEndpointId,
} from '@ctrip/domain/ids'
import type { Executor } from '../database/database'
import { type IndexKey, idRange, inKeyRange } from '../database/key-range'
import { type Page, type PageOf, pageOf } from '../database/pages'
import { Prisma } from '../generated/prisma/client'

export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead_lettered', 'discarded'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

export interface DeliveryAttempt {
  readonly n: number
  readonly at: Date
  /** Null: no answer came. */
  readonly statusCode: number | null
  readonly durationMs: number
  readonly error: string | null
  readonly responseBody: string | null
  readonly location: string | null
}

export interface Delivery {
  readonly id: DeliveryId
  readonly eventId: EventId
  readonly eventType: string
  readonly endpointId: WebhookEndpointId
  readonly trigger: string
  readonly status: DeliveryStatus
  readonly attempts: readonly DeliveryAttempt[]
  readonly nextAttemptAt: Date | null
  readonly createdAt: Date
  readonly completedAt: Date | null
}

/** What a list is narrowed to; null narrows nothing. */
export interface DeliveryFilter {
  readonly endpointId: WebhookEndpointId | null
  readonly eventId: EventId | null
  readonly status: DeliveryStatus | null
}

/** A merchant's delivery, by the index deliveries_by_id; null for another's, as for none. */
export async function findDelivery(
  executor: Executor,
  merchantId: MerchantId,
  id: DeliveryId,
): Promise<Delivery | null> {
  const rows = await executor.$queryRaw<DeliveryRow[]>`
    SELECT deliveries.*, due_at FROM deliveries LEFT JOIN delivery_queue ON delivery_id = deliveries.id
    WHERE deliveries.id = ${idToUuid(id)}::uuid AND deliveries.merchant_id = ${idToUuid(merchantId)}::uuid`
  const [delivery] = await withAttempts(executor, rows)
  return delivery ?? null
}

/**
 * A merchant's deliveries, newest first. Pending ones by their places in the queue (index delivery_queue_listed), dead letters by
 * deliveries_listed_dead, others by deliveries_listed_by_endpoint or deliveries_listed, each a probe per day.
 */
export async function listDeliveries(
  executor: Executor,
  merchantId: MerchantId,
  filter: DeliveryFilter,
  page: Page<DeliveryId>,
): Promise<PageOf<Delivery>> {
  const { items, hasMore } = pageOf(
    await executor.$queryRaw<DeliveryRow[]>(statementFor(merchantId, filter, page)),
    page,
  )
  return { items: await withAttempts(executor, items), hasMore }
}

function statementFor(merchantId: MerchantId, filter: DeliveryFilter, page: Page<DeliveryId>): Prisma.Sql {
  const merchant = Prisma.sql`${idToUuid(merchantId)}::uuid`
  const range = idRange(page)
  const endpoint = filter.endpointId === null ? null : Prisma.sql`${idToUuid(filter.endpointId)}::uuid`
  const narrowed = Prisma.sql`
    ${endpoint === null ? Prisma.empty : Prisma.sql`AND deliveries.endpoint_id = ${endpoint}`}
    ${filter.eventId === null ? Prisma.empty : Prisma.sql`AND deliveries.event_id = ${idToUuid(filter.eventId)}::uuid`}
    ${filter.status === null ? Prisma.empty : Prisma.sql`AND deliveries.status = ${filter.status}`}`
  const queue = Prisma.sql`LEFT JOIN delivery_queue ON delivery_id = deliveries.id`
  if (filter.eventId !== null)
    return Prisma.sql`
      SELECT deliveries.*, due_at FROM deliveries ${queue}
      WHERE deliveries.merchant_id = ${merchant} AND deliveries.id >= ${range.from}::uuid AND deliveries.id < ${range.below}::uuid ${narrowed}
      ORDER BY deliveries.id DESC LIMIT ${page.limit + 1}`
  if (filter.status === 'pending')
    return Prisma.sql`
      SELECT deliveries.*, due_at FROM delivery_queue JOIN deliveries ON deliveries.event_id = delivery_queue.event_id
        AND deliveries.endpoint_id = delivery_queue.endpoint_id AND deliveries.id = delivery_id
      WHERE ${inKeyRange([[Prisma.sql`delivery_queue.merchant_id`, merchant]], Prisma.sql`delivery_id`, range, narrowed)}
      LIMIT ${page.limit + 1}`
  const byEndpoint = endpoint !== null && filter.status !== 'dead_lettered'
  const key: IndexKey = byEndpoint
    ? [[Prisma.sql`deliveries.endpoint_id`, endpoint]]
    : [[Prisma.sql`deliveries.merchant_id`, merchant]]
  const ofMerchant = byEndpoint ? Prisma.sql`AND deliveries.merchant_id = ${merchant}` : Prisma.empty
  const dead =
    filter.status === 'dead_lettered' ? Prisma.sql`AND deliveries.dead_lettered_at IS NOT NULL` : Prisma.empty
  return Prisma.sql`
    SELECT deliveries.*, due_at FROM deliveries ${queue}
    WHERE ${inKeyRange(key, Prisma.sql`deliveries.id`, range, Prisma.sql`${ofMerchant} ${dead} ${narrowed}`)} LIMIT ${page.limit + 1}`
}

interface DeliveryRow {
  id: string
  event_id: string
  event_type: string
  endpoint_id: string
  trigger: string
  status: DeliveryStatus
  created_at: Date
  completed_at: Date | null
  due_at: Date | null
}

interface AttemptRow {
  delivery_id: string
  n: number
  at: Date
  status_code: number | null
  duration_ms: number
  error: string | null
  response_body: string | null
  location: string | null
}

/** By the primary key: event and delivery. */
async function withAttempts(executor: Executor, rows: readonly DeliveryRow[]): Promise<Delivery[]> {
  if (rows.length === 0) return []
  const attempts = await executor.$queryRaw<AttemptRow[]>`
    SELECT delivery_attempts.* FROM unnest(${rows.map((row) => row.event_id)}::uuid[], ${rows.map((row) => row.id)}::uuid[])
      AS wanted(event_id, delivery_id) JOIN delivery_attempts USING (event_id, delivery_id) ORDER BY n`
  const byDelivery = Map.groupBy(attempts, (attempt) => attempt.delivery_id)
  return rows.map((row) => ({
    id: idFromUuid('delivery', row.id),
    eventId: idFromUuid('event', row.event_id),
    eventType: row.event_type,
    endpointId: idFromUuid('webhookEndpoint', row.endpoint_id),
    trigger: row.trigger,
    status: row.status,
    attempts: (byDelivery.get(row.id) ?? []).map(toAttempt),
    nextAttemptAt: row.due_at,
    createdAt: row.created_at,
    completedAt: row.completed_at,
  }))
}

function toAttempt(row: AttemptRow): DeliveryAttempt {
  return {
    n: row.n,
    at: row.at,
    statusCode: row.status_code,
    durationMs: row.duration_ms,
    error: row.error,
    responseBody: row.response_body,
    location: row.location,
  }
}
