import { idToUuid, type PaymentId } from '@ctrip/domain/ids'
import type { Payment, PaymentWithTransfers } from '@ctrip/domain/payment/payment'
import type { ChainView } from '@ctrip/domain/payment/stages'
import type { TransitionResult } from '@ctrip/domain/payment/transition'
import { traceIdOf } from '@ctrip/domain/payment/view'
import type { Executor } from '../database/database'
import { ConflictError } from '../database/errors'
import { appendEvents } from '../events/events'
import { Prisma } from '../generated/prisma/client'
import { type PaymentRow, type TransferRow, toPayment, toTransfer } from './payment-rows'

/** A payment as it stands, and how far its own chain has been scanned (which is not always the chain that money came on). */
export interface PaymentSubject extends PaymentWithTransfers {
  readonly chain: ChainView
}

/** Nothing of the chain is known before its first block is committed. */
const UNSCANNED: ChainView = { headNumber: 0, headTime: new Date(0) }

/** Locks payments, in the order of their ids so that two writers never wait for each other in a circle. */
export async function lockPayments(tx: Executor, ids: readonly PaymentId[]): Promise<void> {
  if (ids.length === 0) return
  await tx.$queryRaw`SELECT 1 FROM payments WHERE id = ANY(${ids.map(idToUuid)}::uuid[]) ORDER BY id FOR UPDATE`
}

/** Reads payments with their transfers, in the order of their ids. */
export async function readPayments(executor: Executor, ids: readonly PaymentId[]): Promise<PaymentSubject[]> {
  if (ids.length === 0) return []
  const rows = await executor.$queryRaw<PaymentRow[]>`
    SELECT * FROM payments WHERE id = ANY(${ids.map(idToUuid)}::uuid[]) ORDER BY id`
  return withTransfers(executor, rows)
}

export interface PaymentChange {
  readonly before: Payment
  readonly outcome: Extract<TransitionResult, { kind: 'changed' }>
  /** Who did it: a service's name, or an API key's id. */
  readonly actor: string
  readonly blockNumber: number | null
  /** The span in which it was decided, in the payment's trace. */
  readonly traceparent: string
}

/**
 * Saves what `transition` decided: payments, transition rows, events and outbox rows, all in `tx`. Compare-and-set on
 * `sequence` besides the row lock: throws ConflictError if a payment was not as it had been read.
 */
export async function savePayments(tx: Executor, changes: readonly PaymentChange[]): Promise<void> {
  if (changes.length === 0) return
  const updated = await tx.$executeRaw`
    UPDATE payments SET
      status = changed.status, flags = ARRAY(SELECT jsonb_array_elements_text(changed.flags)), ${amountsOf(changes)}
      ${requestsOf(changes)} sequence = changed.sequence, detected_at = changed.detected_at,
      confirmed_at = changed.confirmed_at, settled_at = changed.settled_at, updated_at = clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(changes.map(toUpdate))}::jsonb) AS changed(
      id uuid, expected_sequence int, status text, flags jsonb, amount_received numeric, amount_confirmed numeric,
      sequence int, detected_at timestamptz, confirmed_at timestamptz, settled_at timestamptz,
      amount_accepted numeric, cancel_requested_at timestamptz, expires_at timestamptz)
    WHERE payments.id = changed.id AND payments.sequence = changed.expected_sequence`
  if (updated !== changes.length) throw new ConflictError(`${changes.length - updated} payments changed under us`)
  await appendTransitions(tx, changes)
  await appendEvents(
    tx,
    changes.flatMap(({ outcome, traceparent }) => outcome.events.map((draft) => ({ draft, traceparent }))),
  )
}

/** Adds to payments' rows, however they were selected, their transfers and the view of their chains. */
export async function withTransfers(executor: Executor, rows: readonly PaymentRow[]): Promise<PaymentSubject[]> {
  if (rows.length === 0) return []
  const uuids = rows.map((row) => row.id)
  const transfers = await executor.$queryRaw<(TransferRow & { collected: boolean })[]>`
    SELECT transfers.*, coalesce(sweeps.status = 'confirmed', false) AS collected
    FROM transfers LEFT JOIN sweeps ON sweeps.id = transfers.collected_by
    WHERE payment_id = ANY(${uuids}::uuid[]) ORDER BY payment_id, block_number, position`
  // One row at least, whether or not any chain has been scanned.
  const surroundings = await executor.$queryRaw<SurroundingsRow[]>`
    SELECT public_url, chain_id, cursor_number, cursor_time FROM gateway_settings
    LEFT JOIN chain_state ON chain_id = ANY(${[...new Set(rows.map((row) => row.chain_id))]}::bigint[])`
  const byPayment = Map.groupBy(transfers, (transfer) => transfer.payment_id)
  const views = new Map<bigint | null, ChainView>(
    surroundings.map((row) => [row.chain_id, { headNumber: Number(row.cursor_number), headTime: row.cursor_time }]),
  )
  const publicUrl = surroundings[0]?.public_url ?? null
  return rows.map((row) => ({
    payment: toPayment(row, publicUrl),
    transfers: (byPayment.get(row.id) ?? []).map(toTransfer),
    chain: views.get(row.chain_id) ?? UNSCANNED,
  }))
}

/**
 * Amounts follow from transfers, which only the scanner writes: a cancellation or a sweep changes none, and the roles of API
 * and sweeper may not even name these columns (prisma/roles.sql).
 */
function amountsOf(changes: readonly PaymentChange[]): Prisma.Sql {
  const unchanged = changes.every(
    ({ before, outcome: { payment } }) =>
      payment.amountReceived === before.amountReceived && payment.amountConfirmed === before.amountConfirmed,
  )
  return unchanged
    ? Prisma.empty
    : Prisma.sql`amount_received = changed.amount_received, amount_confirmed = changed.amount_confirmed,`
}

/** Only the API's role may name these columns: merchants' requests change them. */
function requestsOf(changes: readonly PaymentChange[]): Prisma.Sql {
  const unchanged = changes.every(
    ({ before, outcome: { payment } }) =>
      payment.amountAccepted === before.amountAccepted &&
      payment.cancelRequestedAt === before.cancelRequestedAt &&
      payment.expiresAt === before.expiresAt,
  )
  // late_accepted: for replicas of the release before.
  return unchanged
    ? Prisma.empty
    : Prisma.sql`amount_accepted = changed.amount_accepted, late_accepted = changed.amount_accepted IS NOT NULL,
      cancel_requested_at = changed.cancel_requested_at, expires_at = changed.expires_at,`
}

interface SurroundingsRow {
  readonly public_url: string | null
  readonly chain_id: bigint | null
  readonly cursor_number: bigint
  readonly cursor_time: Date
}

function toUpdate({ before, outcome: { payment } }: PaymentChange) {
  return {
    id: idToUuid(payment.id),
    expected_sequence: before.sequence,
    status: payment.status,
    flags: payment.flags,
    amount_received: payment.amountReceived.toString(),
    amount_confirmed: payment.amountConfirmed.toString(),
    sequence: payment.sequence,
    amount_accepted: payment.amountAccepted?.toString() ?? null,
    cancel_requested_at: payment.cancelRequestedAt,
    expires_at: payment.expiresAt,
    detected_at: payment.detectedAt,
    confirmed_at: payment.confirmedAt,
    settled_at: payment.settledAt,
  }
}

async function appendTransitions(tx: Executor, changes: readonly PaymentChange[]): Promise<void> {
  const rows = changes.flatMap(({ outcome, actor, blockNumber, traceparent }) =>
    outcome.steps.map(({ from, to }) => ({
      payment_id: idToUuid(outcome.payment.id),
      from_status: from,
      to_status: to,
      sequence: outcome.payment.sequence,
      actor,
      block_number: blockNumber,
      trace_id: traceIdOf(traceparent),
    })),
  )
  if (rows.length === 0) return
  await tx.$executeRaw`
    INSERT INTO payment_transitions (payment_id, from_status, to_status, sequence, actor, block_number, trace_id)
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS given(
      payment_id uuid, from_status text, to_status text, sequence int, actor text, block_number bigint, trace_id text)`
}
