import { addressToBytes } from '@ctrip/domain/address'
import { depositPath } from '@ctrip/domain/deposit-path'
import { idToUuid } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import { traceIdOf } from '@ctrip/domain/payment/view'
import type { Database, Executor } from '../database/database'
import { quoteRow } from './create-payments'

/** Takes the next `count` numbers of addresses (`depositPath` says where they are). What is taken is never given again, used or not. */
export async function takeAddressIndexes(db: Database, count: number): Promise<number[]> {
  const rows = await db.query(
    'address_index.take',
    (prisma) => prisma.$queryRaw<{ index: number }[]>`
      SELECT nextval('address_index')::float8 AS index FROM generate_series(1, ${count})`,
  )
  return rows.map((row) => row.index)
}

/** The number of the address that was taken last; -1 if none was. */
export async function readLastAddressNumber(db: Database): Promise<number> {
  const rows = await db.query(
    'address_index.read',
    (prisma) => prisma.$queryRaw<{ last: number }[]>`
      SELECT coalesce(pg_sequence_last_value('address_index'), -1)::float8 AS last`,
  )
  return rows[0]?.last ?? -1
}

/**
 * Writes a new payment with its deposit address and first transition, in one statement. Its `payment.created` event is
 * appended by the caller in the same transaction (`appendEvents`).
 */
export async function insertPayment(
  tx: Executor,
  payment: Payment,
  address: { readonly wallet: string; readonly index: number },
  actor: string,
): Promise<void> {
  const quote = quoteRow(payment.quote)
  const { branch, index } = depositPath(address.index)
  await tx.$executeRaw`
    WITH payment AS (
      INSERT INTO payments (id, merchant_id, chain, chain_id, asset_symbol, asset_contract, asset_decimals, amount,
        tolerance_bps, late_policy, address, confirmations_required, reference, metadata, checkout_url, trace_anchor,
        created_at, expires_at, success_url, cancel_url, quote_currency, quote_amount, quote_rate_numerator,
        quote_rate_denominator, quote_source, quoted_at, quote_expires_at,
        checkout_session_id, status, sequence)
      VALUES (${idToUuid(payment.id)}::uuid, ${idToUuid(payment.merchantId)}::uuid, ${payment.chain}, ${payment.chainId},
        ${payment.asset.symbol}, ${payment.asset.contract === null ? null : addressToBytes(payment.asset.contract)},
        ${payment.asset.decimals}, ${payment.amount.toString()}::numeric, ${payment.toleranceBps}, ${payment.latePolicy},
        ${addressToBytes(payment.address)}, ${payment.confirmationsRequired}, ${payment.reference},
        ${JSON.stringify(payment.metadata)}::jsonb, ${payment.checkoutUrl}, ${payment.traceAnchor},
        ${payment.createdAt}, ${payment.expiresAt}, ${payment.successUrl}, ${payment.cancelUrl},
        ${quote.quote_currency}, ${quote.quote_amount}::numeric, ${quote.quote_rate_numerator}::numeric,
        ${quote.quote_rate_denominator}::numeric, ${quote.quote_source}, ${quote.quoted_at}, ${quote.quote_expires_at},
        ${payment.checkoutSession === null ? null : idToUuid(payment.checkoutSession)}::uuid, ${payment.status}, ${payment.sequence})
      RETURNING id, address
    ), deposit_address AS (
      INSERT INTO deposit_addresses (address, wallet, branch, index, payment_id)
      SELECT address, ${address.wallet}, ${branch}, ${index}, id FROM payment
    )
    INSERT INTO payment_transitions (payment_id, to_status, sequence, actor, trace_id)
    SELECT id, ${payment.status}, ${payment.sequence}, ${actor}, ${traceIdOf(payment.traceAnchor)} FROM payment`
}
