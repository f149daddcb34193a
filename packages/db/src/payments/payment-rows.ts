import { type Address, addressFromBytes } from '@ctrip/domain/address'
import { type Amount, amount } from '@ctrip/domain/amount'
import { hashFromBytes } from '@ctrip/domain/hash'
import { type CheckoutSessionId, idFromUuid, type PaymentId } from '@ctrip/domain/ids'
import type {
  Asset,
  LatePolicy,
  Payment,
  PaymentFlag,
  PaymentQuote,
  PaymentStatus,
  Transfer,
  TransferKind,
  TransferStatus,
} from '@ctrip/domain/payment/payment'
import { rateOf } from '@ctrip/domain/rates'
import type { payments as PaymentRow, Prisma, transfers as TransferRow } from '../generated/prisma/client'

export type { PaymentRow, TransferRow }

/** The columns' CHECK constraints hold the unions that are named here. */
export function toPayment(row: PaymentRow, publicUrl: string | null): Payment {
  const id = idFromUuid('payment', row.id)
  return {
    id,
    merchantId: idFromUuid('merchant', row.merchant_id),
    chain: row.chain,
    chainId: Number(row.chain_id),
    asset: toAsset(row),
    amount: toAmount(row.amount),
    toleranceBps: row.tolerance_bps,
    latePolicy: row.late_policy as LatePolicy,
    address: addressFromBytes(row.address),
    confirmationsRequired: row.confirmations_required,
    reference: row.reference,
    metadata: row.metadata as Record<string, string>,
    // Not as it was when the payment was made: the API may have moved to another address since.
    checkoutUrl: publicUrl === null ? row.checkout_url : checkoutUrl(publicUrl, id),
    successUrl: row.success_url,
    cancelUrl: row.cancel_url,
    traceAnchor: row.trace_anchor,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    quote: toQuote(row),
    checkoutSession: row.checkout_session_id === null ? null : idFromUuid('checkoutSession', row.checkout_session_id),
    status: row.status as PaymentStatus,
    flags: row.flags as PaymentFlag[],
    amountReceived: toAmount(row.amount_received),
    amountConfirmed: toAmount(row.amount_confirmed),
    sequence: row.sequence,
    amountAccepted: toAccepted(row),
    cancelRequestedAt: row.cancel_requested_at,
    detectedAt: row.detected_at,
    confirmedAt: row.confirmed_at,
    settledAt: row.settled_at,
  }
}

/** A transfer's row, and whether the sweep that took it is confirmed. */
export function toTransfer(row: TransferRow & { collected: boolean }): Transfer {
  return {
    id: idFromUuid('transfer', row.id),
    chain: row.chain,
    chainId: Number(row.chain_id),
    asset: toAsset(row),
    kind: row.kind as TransferKind,
    txHash: hashFromBytes(row.tx_hash),
    ordinal: row.ordinal,
    logIndex: row.log_index,
    from: addressFromBytes(row.from_address),
    to: addressFromBytes(row.to_address),
    amount: toAmount(row.amount),
    blockNumber: Number(row.block_number),
    blockHash: hashFromBytes(row.block_hash),
    blockTime: row.block_time,
    status: row.status as TransferStatus,
    inTime: row.in_time,
    collected: row.collected,
  }
}

/** The payer's page of a payment, or of a checkout session. */
export function checkoutUrl(publicUrl: string, id: PaymentId | CheckoutSessionId): string {
  return `${publicUrl}/checkout/${id}`
}

/** The columns are null together (payments_quote_whole). */
function toQuote(row: PaymentRow): PaymentQuote | null {
  const { quote_amount: value, quote_rate_numerator: numerator, quote_rate_denominator: denominator } = row
  const { quote_currency: currency, quote_source: source, quoted_at: quotedAt, quote_expires_at: expiresAt } = row
  if (value === null || numerator === null || denominator === null) return null
  if (currency === null || source === null || quotedAt === null || expiresAt === null) return null
  const rate = rateOf(BigInt(numerator.toFixed(0)), BigInt(denominator.toFixed(0)))
  return { currency, amount: BigInt(value.toFixed(0)), rate, source, quotedAt, expiresAt }
}

/** The release before accepted late money for the full amount, and noted no other. */
function toAccepted(row: PaymentRow): Amount | null {
  if (row.amount_accepted !== null) return toAmount(row.amount_accepted)
  return row.late_accepted ? toAmount(row.amount) : null
}

/** `Decimal#toString` would give `1.23e+29` and drop digits; `toFixed(0)` is exact. */
export function toAmount(value: Prisma.Decimal): Amount {
  return amount(BigInt(value.toFixed(0)))
}

export function toAddressOrNull(bytes: Uint8Array | null): Address | null {
  return bytes === null ? null : addressFromBytes(bytes)
}

/** For jsonb parameters, which carry no bytes: Postgres reads `\x…` as bytea. */
export function hexOf(value: `0x${string}` | null): string | null {
  return value === null ? null : `\\x${value.slice(2)}`
}

export function toAsset(row: {
  asset_symbol: string
  asset_contract: Uint8Array | null
  asset_decimals: number
}): Asset {
  return { symbol: row.asset_symbol, contract: toAddressOrNull(row.asset_contract), decimals: row.asset_decimals }
}
