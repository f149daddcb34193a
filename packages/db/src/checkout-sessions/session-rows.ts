import { parseAmount } from '@ctrip/domain/amount'
import type { AcceptedAsset, CheckoutSession, LineItem, SessionStatus } from '@ctrip/domain/checkout-session/session'
import { idFromUuid, idToUuid, type PaymentId } from '@ctrip/domain/ids'
import type { LatePolicy } from '@ctrip/domain/payment/payment'
import { traceIdOf } from '@ctrip/domain/payment/view'
import { z } from 'zod'
import type { Executor } from '../database/database'
import type { checkout_sessions as SessionRow } from '../generated/prisma/client'
import { checkoutUrl, toAmount } from '../payments/payment-rows'

export type { SessionRow }

const acceptSchema = z.array(z.object({ chain: z.string(), asset: z.string() })).nullable()
const lineItemsSchema = z.array(
  z.object({
    name: z.string(),
    quantity: z.number(),
    unitAmount: z.string().transform((digits, context) => {
      const value = parseAmount(digits)
      if (value !== null) return value
      context.addIssue({ code: 'custom', message: 'not an amount' })
      return z.NEVER
    }),
  }),
)
const metadataSchema = z.record(z.string(), z.string())

/** Writes a new session with its first transition, in one statement. */
export async function insertSession(tx: Executor, session: CheckoutSession, actor: string): Promise<void> {
  const row = toRow(session)
  await tx.$executeRaw`
    WITH session AS (
      INSERT INTO checkout_sessions (id, merchant_id, payment_link_id, currency, price, accept, line_items, success_url, cancel_url,
        quote_seconds, tolerance_bps, late_policy, reference, metadata, locale, url, trace_anchor, created_at, expires_at, status, sequence)
      VALUES (${row.id}::uuid, ${row.merchantId}::uuid, ${row.paymentLinkId}::uuid, ${session.price.currency},
        ${session.price.amount.toString()}::numeric, ${row.accept}::jsonb, ${row.lineItems}::jsonb, ${session.successUrl}, ${session.cancelUrl},
        ${session.quoteSeconds}, ${session.toleranceBps}, ${session.latePolicy}, ${session.reference}, ${row.metadata}::jsonb,
        ${session.locale}, ${session.url}, ${session.traceAnchor}, ${session.createdAt}, ${session.expiresAt}, ${session.status},
        ${session.sequence})
      RETURNING id
    )
    INSERT INTO checkout_session_transitions (checkout_session_id, to_status, sequence, actor, trace_id)
    SELECT id, ${session.status}, ${session.sequence}, ${actor}, ${traceIdOf(session.traceAnchor)} FROM session`
}

/** Adds to sessions' rows, however they were selected, the ids of their payments, oldest first (index payments_by_checkout_session). */
export async function withPayments(executor: Executor, rows: readonly SessionRow[]): Promise<CheckoutSession[]> {
  if (rows.length === 0) return []
  const payments = await executor.$queryRaw<{ id: string; checkout_session_id: string }[]>`
    SELECT id, checkout_session_id FROM payments
    WHERE checkout_session_id = ANY(${rows.map(({ id }) => id)}::uuid[]) ORDER BY id`
  const [settings] = await executor.$queryRaw<{ public_url: string | null }[]>`SELECT public_url FROM gateway_settings`
  const bySession = Map.groupBy(payments, (payment) => payment.checkout_session_id)
  return rows.map((row) => {
    const ids = (bySession.get(row.id) ?? []).map(({ id }) => idFromUuid('payment', id))
    return toSession(row, ids, settings?.public_url ?? null)
  })
}

/** The columns' CHECK constraints hold the unions that are named here. */
function toSession(row: SessionRow, payments: readonly PaymentId[], publicUrl: string | null): CheckoutSession {
  const id = idFromUuid('checkoutSession', row.id)
  return {
    id,
    merchantId: idFromUuid('merchant', row.merchant_id),
    price: { amount: toAmount(row.price), currency: row.currency },
    accept: acceptSchema.parse(row.accept),
    lineItems: lineItemsSchema.parse(row.line_items),
    // The API may have another address by now than when the session was made.
    url: publicUrl === null ? row.url : checkoutUrl(publicUrl, id),
    successUrl: row.success_url,
    cancelUrl: row.cancel_url,
    quoteSeconds: row.quote_seconds,
    toleranceBps: row.tolerance_bps,
    latePolicy: row.late_policy as LatePolicy,
    reference: row.reference,
    metadata: metadataSchema.parse(row.metadata),
    locale: row.locale,
    paymentLink: row.payment_link_id === null ? null : idFromUuid('paymentLink', row.payment_link_id),
    traceAnchor: row.trace_anchor,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    status: row.status as SessionStatus,
    amountPaid: toAmount(row.amount_paid),
    amountPending: toAmount(row.amount_pending),
    sequence: row.sequence,
    completedAt: row.completed_at,
    payments,
  }
}

function toRow(session: CheckoutSession) {
  return {
    id: idToUuid(session.id),
    merchantId: idToUuid(session.merchantId),
    paymentLinkId: session.paymentLink === null ? null : idToUuid(session.paymentLink),
    accept: acceptJson(session.accept),
    lineItems: JSON.stringify(session.lineItems.map(toItemRow)),
    metadata: JSON.stringify(session.metadata),
  }
}

export function acceptJson(accept: readonly AcceptedAsset[] | null): string | null {
  return accept === null ? null : JSON.stringify(accept)
}

function toItemRow({ name, quantity, unitAmount }: LineItem) {
  return { name, quantity, unitAmount: unitAmount.toString() }
}
