import { depositPath } from '@ctrip/domain/deposit-path'
import type { EventDraft } from '@ctrip/domain/events'
import { idToUuid } from '@ctrip/domain/ids'
import type { Payment, PaymentQuote } from '@ctrip/domain/payment/payment'
import { traceIdOf } from '@ctrip/domain/payment/view'
import type { Executor } from '../database/database'
import { toEventRow } from '../events/events'
import { ANSWERS_KEPT_HOURS, type IdempotencyScope, lockNumber, type StoredAnswer } from '../merchants/idempotency'
import { hexOf } from './payment-rows'

/** A payment with all that is written together with it. */
export interface NewPayment {
  readonly payment: Payment
  readonly address: { readonly wallet: string; readonly index: number }
  readonly actor: string
  readonly created: { readonly draft: EventDraft; readonly traceparent: string }
  /** The answer that its Idempotency-Key will repeat; null without a key. */
  readonly answer: AnswerToStore | null
}

export interface AnswerToStore {
  readonly scope: IdempotencyScope
  readonly stored: StoredAnswer
}

/**
 * Writes many merchants' new payments in one statement: payment, address, transition, event, outbox row and stored answer,
 * all of each or none. One round trip and one commit serve all requests that came meanwhile.
 *
 * A payment is left out whose Idempotency-Key is taken: by an answer that is there (the upsert does not return it), or by
 * another transaction that works on it right now (its lock is tried, never waited for). Returns for each whether it was
 * written. Two payments of one call must not have the same key.
 */
export async function createPayments(executor: Executor, payments: readonly NewPayment[]): Promise<boolean[]> {
  const json = JSON.stringify(payments.map(toRow))
  const rows = await executor.$queryRaw<{ n: number }[]>`
    WITH given AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${json}::jsonb) AS given(
        n int, id uuid, merchant_id uuid, chain text, chain_id bigint, asset_symbol text, asset_contract bytea,
        asset_decimals smallint, amount numeric, tolerance_bps smallint, late_policy text, address bytea,
        confirmations_required int, reference text, metadata jsonb, checkout_url text, trace_anchor text, trace_id text,
        created_at timestamptz, expires_at timestamptz, success_url text, cancel_url text,
        quote_currency text, quote_amount numeric, quote_rate_numerator numeric, quote_rate_denominator numeric,
        quote_source text, quoted_at timestamptz, quote_expires_at timestamptz, wallet text, branch int, index int, actor text, event_id uuid, event_body text,
        event_traceparent text, key text, key_caller uuid, key_method text, key_path text, key_lock bigint,
        request_hash bytea, status_code smallint, response bytea)
    ), free AS MATERIALIZED (
      SELECT * FROM given WHERE key IS NULL OR pg_try_advisory_xact_lock(key_lock)
    ), answered AS (
      INSERT INTO idempotency_keys AS kept (merchant_id, method, path, key, request_hash, status_code, response)
      SELECT key_caller, key_method, key_path, key, request_hash, status_code, response FROM free WHERE key IS NOT NULL
      ON CONFLICT (merchant_id, method, path, key) DO UPDATE SET
        request_hash = excluded.request_hash, status_code = excluded.status_code, response = excluded.response,
        created_at = excluded.created_at
      WHERE kept.created_at <= now() - ${ANSWERS_KEPT_HOURS} * interval '1 hour'
      RETURNING merchant_id, method, path, key
    ), ours AS MATERIALIZED (
      SELECT free.* FROM free LEFT JOIN answered ON answered.merchant_id = key_caller AND method = key_method
        AND path = key_path AND answered.key = free.key
      WHERE free.key IS NULL OR answered.key IS NOT NULL
    ), payment AS (
      INSERT INTO payments (id, merchant_id, chain, chain_id, asset_symbol, asset_contract, asset_decimals, amount,
        tolerance_bps, late_policy, address, confirmations_required, reference, metadata, checkout_url, trace_anchor,
        created_at, expires_at, success_url, cancel_url, quote_currency, quote_amount, quote_rate_numerator,
        quote_rate_denominator, quote_source, quoted_at, quote_expires_at, status, sequence)
      SELECT id, merchant_id, chain, chain_id, asset_symbol, asset_contract, asset_decimals, amount, tolerance_bps,
        late_policy, address, confirmations_required, reference, metadata, checkout_url, trace_anchor, created_at,
        expires_at, success_url, cancel_url, quote_currency, quote_amount, quote_rate_numerator, quote_rate_denominator,
        quote_source, quoted_at, quote_expires_at, 'pending', 1 FROM ours
    ), deposit_address AS (
      INSERT INTO deposit_addresses (address, wallet, branch, index, payment_id) SELECT address, wallet, branch, index, id FROM ours
    ), transition AS (
      INSERT INTO payment_transitions (payment_id, to_status, sequence, actor, trace_id)
      SELECT id, 'pending', 1, actor, trace_id FROM ours
    ), event AS (
      INSERT INTO events (id, merchant_id, type, payment_id, sequence, body, trace_anchor, traceparent, created_at)
      SELECT event_id, merchant_id, 'payment.created', id, 1, event_body, trace_anchor, event_traceparent, created_at FROM ours
    ), queued AS (
      INSERT INTO outbox (event_id) SELECT event_id FROM ours ORDER BY n
    )
    SELECT n FROM ours`
  const written = new Set(rows.map(({ n }) => n))
  return payments.map((_payment, n) => written.has(n))
}

function toRow({ payment, address, actor, created, answer }: NewPayment, n: number) {
  const event = toEventRow(created.draft, created.traceparent)
  return {
    n,
    id: idToUuid(payment.id),
    merchant_id: idToUuid(payment.merchantId),
    chain: payment.chain,
    chain_id: payment.chainId,
    asset_symbol: payment.asset.symbol,
    asset_contract: hexOf(payment.asset.contract),
    asset_decimals: payment.asset.decimals,
    amount: payment.amount.toString(),
    tolerance_bps: payment.toleranceBps,
    late_policy: payment.latePolicy,
    address: hexOf(payment.address),
    confirmations_required: payment.confirmationsRequired,
    reference: payment.reference,
    metadata: payment.metadata,
    checkout_url: payment.checkoutUrl,
    trace_anchor: payment.traceAnchor,
    trace_id: traceIdOf(payment.traceAnchor),
    created_at: payment.createdAt,
    expires_at: payment.expiresAt,
    success_url: payment.successUrl,
    cancel_url: payment.cancelUrl,
    ...quoteRow(payment.quote),
    wallet: address.wallet,
    ...depositPath(address.index),
    actor,
    event_id: event.uuid,
    event_body: event.body,
    event_traceparent: event.traceparent,
    ...(answer === null ? {} : answerRow(answer)),
  }
}

/** The columns of a payment's price; null in all of them where it has none. */
export function quoteRow(quote: PaymentQuote | null) {
  return {
    quote_currency: quote?.currency ?? null,
    quote_amount: quote?.amount.toString() ?? null,
    quote_rate_numerator: quote?.rate.numerator.toString() ?? null,
    quote_rate_denominator: quote?.rate.denominator.toString() ?? null,
    quote_source: quote?.source ?? null,
    quoted_at: quote?.quotedAt ?? null,
    quote_expires_at: quote?.expiresAt ?? null,
  }
}

function answerRow({ scope, stored }: AnswerToStore) {
  return {
    key: scope.key,
    key_caller: scope.caller,
    key_method: scope.method,
    key_path: scope.path,
    key_lock: lockNumber(scope).toString(),
    request_hash: bytes(stored.requestHash),
    status_code: stored.status,
    response: bytes(stored.sealedBody),
  }
}

/** As jsonb carries it: Postgres reads `\x…` as bytea. */
function bytes(value: Uint8Array): string {
  return `\\x${Buffer.from(value).toString('hex')}`
}
