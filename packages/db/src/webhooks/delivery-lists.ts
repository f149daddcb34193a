import {
  type DeliveryId,
  type EventId,
  idFromUuid,
  idToUuid,
  type MerchantId,
  type WebhookEndpointId,
} from '@ctrip/domain/ids'
import type { Executor } from '../database/database'
import { type Page, type PageOf, pageOf } from '../database/pages'

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

/** A merchant's deliveries, newest first, by the index deliveries_by_merchant. */
export async function listDeliveries(
  executor: Executor,
  merchantId: MerchantId,
  filter: DeliveryFilter,
  page: Page<DeliveryId>,
): Promise<PageOf<Delivery>> {
  const startingAfter = page.startingAfter === null ? null : idToUuid(page.startingAfter)
  const endpointId = filter.endpointId === null ? null : idToUuid(filter.endpointId)
  const eventId = filter.eventId === null ? null : idToUuid(filter.eventId)
  const rows = await executor.$queryRaw<DeliveryRow[]>`
    SELECT deliveries.*, due_at FROM deliveries LEFT JOIN delivery_queue ON delivery_id = deliveries.id
    WHERE deliveries.merchant_id = ${idToUuid(merchantId)}::uuid
      AND (${startingAfter}::uuid IS NULL OR deliveries.id < ${startingAfter}::uuid)
      AND (${endpointId}::uuid IS NULL OR deliveries.endpoint_id = ${endpointId}::uuid)
      AND (${eventId}::uuid IS NULL OR deliveries.event_id = ${eventId}::uuid)
      AND (${filter.status}::text IS NULL OR status = ${filter.status})
    ORDER BY deliveries.id DESC LIMIT ${page.limit + 1}`
  const { items, hasMore } = pageOf(rows, page)
  return { items: await withAttempts(executor, items), hasMore }
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
