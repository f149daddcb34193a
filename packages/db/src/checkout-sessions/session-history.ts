import type { SessionStatus } from '@ctrip/domain/checkout-session/session'
import { type CheckoutSessionId, idToUuid } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'
import { type AttemptTimelineRow, toAttempt, type WebhookAttemptRow } from '../payments/payment-timeline'

export interface SessionTransitionRow {
  readonly at: Date
  readonly from: SessionStatus | null
  readonly to: SessionStatus
  readonly actor: string
  readonly blockNumber: number | null
  readonly traceId: string
}

const ROWS_MAX = 500

/** The history of a session without its payments', the oldest rows of each kind. */
export async function readSessionHistory(
  executor: Executor,
  id: CheckoutSessionId,
): Promise<{ readonly transitions: SessionTransitionRow[]; readonly attempts: WebhookAttemptRow[] }> {
  const uuid = idToUuid(id)
  return { transitions: await readTransitions(executor, uuid), attempts: await readAttempts(executor, uuid) }
}

/** By the index checkout_session_transitions_by_session. */
async function readTransitions(executor: Executor, uuid: string): Promise<SessionTransitionRow[]> {
  const rows = await executor.$queryRaw<
    {
      at: Date
      from_status: SessionStatus | null
      to_status: SessionStatus
      actor: string
      block_number: bigint | null
      trace_id: string
    }[]
  >`
    SELECT at, from_status, to_status, actor, block_number, trace_id FROM checkout_session_transitions
    WHERE checkout_session_id = ${uuid}::uuid ORDER BY id LIMIT ${ROWS_MAX}`
  return rows.map((row) => ({
    at: row.at,
    from: row.from_status,
    to: row.to_status,
    actor: row.actor,
    blockNumber: row.block_number === null ? null : Number(row.block_number),
    traceId: row.trace_id,
  }))
}

/** By the index events_by_checkout_session and the primary keys of deliveries and their attempts. */
async function readAttempts(executor: Executor, uuid: string): Promise<WebhookAttemptRow[]> {
  const rows = await executor.$queryRaw<AttemptTimelineRow[]>`
    SELECT tried.at, tried.n, tried.status_code, tried.error, deliveries.id, deliveries.endpoint_id, event_type
    FROM events
    JOIN deliveries ON deliveries.event_id = events.id
    JOIN delivery_attempts tried ON tried.event_id = events.id AND tried.delivery_id = deliveries.id
    WHERE events.checkout_session_id = ${uuid}::uuid ORDER BY tried.at LIMIT ${ROWS_MAX}`
  return rows.map(toAttempt)
}
