import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import {
  type DeliveryId,
  idFromUuid,
  idToUuid,
  type PaymentId,
  type SweepId,
  type TransferId,
  type WebhookEndpointId,
} from '@ctrip/domain/ids'
import type { PaymentStatus } from '@ctrip/domain/payment/payment'
import type { SweepStatus } from '@ctrip/domain/sweep/sweep'
import type { Executor } from '../database/database'
import { type PaymentRequestRow, readRequests } from './payment-requests'

/** Everything that happened to a payment, each kind in its own order. */
export interface TimelineRows {
  readonly transitions: readonly TransitionRow[]
  readonly requests: readonly PaymentRequestRow[]
  readonly arrivals: readonly ArrivalRow[]
  readonly sweeps: readonly PaymentSweepRow[]
  readonly attempts: readonly WebhookAttemptRow[]
}

export interface TransitionRow {
  readonly at: Date
  readonly from: PaymentStatus | null
  readonly to: PaymentStatus
  readonly actor: string
  readonly blockNumber: number | null
  readonly traceId: string
}

/** When a transfer was first seen: it is told of by its id in the payment. */
export interface ArrivalRow {
  readonly at: Date
  readonly transferId: TransferId
}

export interface PaymentSweepRow {
  readonly id: SweepId
  readonly status: SweepStatus
  readonly reason: string | null
  readonly traceAnchor: string
  readonly plannedAt: Date
  readonly broadcastAt: Date | null
  readonly completedAt: Date | null
  readonly transactionHash: Hash | null
  readonly blockNumber: number | null
}

export interface WebhookAttemptRow {
  readonly at: Date
  readonly deliveryId: DeliveryId
  readonly endpointId: WebhookEndpointId
  readonly eventType: string
  readonly n: number
  readonly statusCode: number | null
  readonly error: string | null
}

/** What is shown of each kind: the oldest so many. */
const ROWS_MAX = 500

export async function readTimeline(executor: Executor, id: PaymentId): Promise<TimelineRows> {
  const uuid = idToUuid(id)
  return {
    transitions: await readTransitions(executor, uuid),
    requests: await readRequests(executor, id, ROWS_MAX),
    arrivals: await readArrivals(executor, uuid),
    sweeps: await readSweepsOf(executor, uuid),
    attempts: await readAttempts(executor, uuid),
  }
}

/** By the index payment_transitions_by_payment. */
async function readTransitions(executor: Executor, uuid: string): Promise<TransitionRow[]> {
  const rows = await executor.$queryRaw<
    {
      at: Date
      from_status: PaymentStatus | null
      to_status: PaymentStatus
      actor: string
      block_number: bigint | null
      trace_id: string
    }[]
  >`
    SELECT at, from_status, to_status, actor, block_number, trace_id FROM payment_transitions
    WHERE payment_id = ${uuid}::uuid ORDER BY id LIMIT ${ROWS_MAX}`
  return rows.map((row) => ({
    at: row.at,
    from: row.from_status,
    to: row.to_status,
    actor: row.actor,
    blockNumber: toNumber(row.block_number),
    traceId: row.trace_id,
  }))
}

/** By the index transfers_by_payment. */
async function readArrivals(executor: Executor, uuid: string): Promise<ArrivalRow[]> {
  const rows = await executor.$queryRaw<{ id: string; created_at: Date }[]>`
    SELECT id, created_at FROM transfers WHERE payment_id = ${uuid}::uuid ORDER BY created_at LIMIT ${ROWS_MAX}`
  return rows.map((row) => ({ at: row.created_at, transferId: idFromUuid('transfer', row.id) }))
}

/** By the index sweep_items_by_payment. */
async function readSweepsOf(executor: Executor, uuid: string): Promise<PaymentSweepRow[]> {
  const rows = await executor.$queryRaw<SweepTimelineRow[]>`
    SELECT sweeps.id, sweeps.status, coalesce(items.reason, sweeps.reason) AS reason, trace_anchor,
      sweeps.created_at, sweeps.completed_at, sent.block_number, sent.hash, sent.broadcast_at
    FROM sweep_items items JOIN sweeps ON sweeps.id = items.sweep_id
    LEFT JOIN LATERAL (
      SELECT block_number, coalesce(mined_hash, attempts.hash) AS hash, attempts.broadcast_at
      FROM sweep_transactions JOIN sweep_attempts attempts ON attempts.transaction_id = sweep_transactions.id
      WHERE sweep_id = sweeps.id AND purpose = 'collect' ORDER BY nonce DESC, broadcast_at LIMIT 1
    ) sent ON true
    WHERE items.payment_id = ${uuid}::uuid ORDER BY sweeps.id LIMIT ${ROWS_MAX}`
  return rows.map((row) => ({
    id: idFromUuid('sweep', row.id),
    status: row.status,
    reason: row.reason,
    traceAnchor: row.trace_anchor,
    plannedAt: row.created_at,
    broadcastAt: row.broadcast_at,
    completedAt: row.completed_at,
    transactionHash: row.hash === null ? null : hashFromBytes(row.hash),
    blockNumber: toNumber(row.block_number),
  }))
}

/** By the index events_by_payment and the primary keys of deliveries and their attempts. */
async function readAttempts(executor: Executor, uuid: string): Promise<WebhookAttemptRow[]> {
  const rows = await executor.$queryRaw<AttemptTimelineRow[]>`
    SELECT tried.at, tried.n, tried.status_code, tried.error, deliveries.id, deliveries.endpoint_id, event_type
    FROM events
    JOIN deliveries ON deliveries.event_id = events.id
    JOIN delivery_attempts tried ON tried.event_id = events.id AND tried.delivery_id = deliveries.id
    WHERE events.payment_id = ${uuid}::uuid ORDER BY tried.at LIMIT ${ROWS_MAX}`
  return rows.map(toAttempt)
}

export function toAttempt(row: AttemptTimelineRow): WebhookAttemptRow {
  return {
    at: row.at,
    deliveryId: idFromUuid('delivery', row.id),
    endpointId: idFromUuid('webhookEndpoint', row.endpoint_id),
    eventType: row.event_type,
    n: row.n,
    statusCode: row.status_code,
    error: row.error,
  }
}

interface SweepTimelineRow {
  id: string
  status: SweepStatus
  reason: string | null
  trace_anchor: string
  created_at: Date
  completed_at: Date | null
  block_number: bigint | null
  hash: Uint8Array | null
  broadcast_at: Date | null
}

export interface AttemptTimelineRow {
  at: Date
  n: number
  status_code: number | null
  error: string | null
  id: string
  endpoint_id: string
  event_type: string
}

function toNumber(value: bigint | null): number | null {
  return value === null ? null : Number(value)
}
