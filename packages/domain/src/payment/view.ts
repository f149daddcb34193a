import { toChecksum } from '../address'
import { type Amount, amount, formatUnits } from '../amount'
import { confirmationsAt } from '../confirmations'
import { formatRate } from '../rates'
import { formatMinorUnits } from '../rates/currencies'
import { caip19, paymentUri } from './asset'
import type { Asset, Payment, PaymentQuote, Transfer } from './payment'
import { amountDue, counts, mismatch } from './received'

/** The payment object of the HTTP API and of webhooks (the contract's §2): one rendering for both. */
export function renderPayment(payment: Payment, transfers: readonly Transfer[], headNumber: number | null) {
  const onChain = transfers.filter((transfer) => transfer.kind !== 'funding')
  return {
    id: payment.id,
    object: 'payment' as const,
    status: payment.status,
    flags: [...payment.flags],
    chain: payment.chain,
    chain_id: payment.chainId,
    asset: renderAsset(payment.chainId, payment.asset),
    amount: payment.amount.toString(),
    amount_display: formatUnits(payment.amount, payment.asset.decimals),
    amount_received: payment.amountReceived.toString(),
    amount_confirmed: payment.amountConfirmed.toString(),
    amount_remaining: amountRemaining(payment).toString(),
    amount_accepted: payment.amountAccepted?.toString() ?? null,
    address: toChecksum(payment.address),
    payment_uri: paymentUri(payment, amountToAsk(payment)),
    checkout_url: payment.checkoutUrl,
    confirmations: fewestConfirmations(payment, transfers, headNumber),
    confirmations_required: payment.confirmationsRequired,
    reference: payment.reference,
    metadata: payment.metadata,
    transfers: onChain.map((transfer) => renderPart(payment, transfer)),
    sequence: payment.sequence,
    trace_id: traceIdOf(payment.traceAnchor),
    created_at: payment.createdAt.toISOString(),
    expires_at: payment.expiresAt.toISOString(),
    detected_at: payment.detectedAt?.toISOString() ?? null,
    confirmed_at: payment.confirmedAt?.toISOString() ?? null,
    settled_at: payment.settledAt?.toISOString() ?? null,
    cancel_requested_at: payment.cancelRequestedAt?.toISOString() ?? null,
    success_url: payment.successUrl,
    cancel_url: payment.cancelUrl,
    quote: payment.quote === null ? null : renderQuote(payment.quote, payment),
    checkout_session: payment.checkoutSession,
  }
}

/**
 * The price of a payment, with the rate that its amount was worked out at (the contract's §8). It holds until the payment expires, also where the
 * merchant has moved that later. The quote of a session's payment keeps its end, by which its money is valued.
 */
function renderQuote(quote: PaymentQuote, { checkoutSession, expiresAt }: Payment) {
  const end = checkoutSession === null ? expiresAt : quote.expiresAt
  return {
    currency: quote.currency,
    amount: quote.amount.toString(),
    amount_display: formatMinorUnits(quote.amount, quote.currency),
    rate: formatRate(quote.rate),
    source: quote.source,
    quoted_at: quote.quotedAt.toISOString(),
    expires_at: end.toISOString(),
  }
}

/** A transfer on its own (`transfer.*`): says also where it was and in what. */
export function renderTransfer(payment: Payment, transfer: Transfer) {
  return {
    ...renderPart(payment, transfer),
    object: 'transfer' as const,
    payment_id: payment.id,
    chain: transfer.chain,
    chain_id: transfer.chainId,
    asset: renderAsset(transfer.chainId, transfer.asset),
    amount_display: formatUnits(transfer.amount, transfer.asset.decimals),
    to: toChecksum(transfer.to),
  }
}

export type PaymentView = ReturnType<typeof renderPayment>
export type TransferView = ReturnType<typeof renderTransfer>

export function renderAsset(chainId: number, asset: Asset) {
  return {
    symbol: asset.symbol,
    contract: asset.contract === null ? null : toChecksum(asset.contract),
    decimals: asset.decimals,
    caip19: caip19(chainId, asset),
  }
}

/** What is still missing to be paid exactly, in base units. */
export function amountRemaining(payment: Payment): Amount {
  const due = amountDue(payment)
  return amount(due > payment.amountReceived ? due - payment.amountReceived : 0n)
}

/** The amount that a wallet shall send: the remainder, or the full amount where nothing remains. */
export function amountToAsk(payment: Payment): Amount {
  const remaining = amountRemaining(payment)
  return remaining > 0n ? remaining : payment.amount
}

/** The 32 hex digits of a W3C traceparent. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35)
}

function renderPart(payment: Payment, transfer: Transfer) {
  return {
    id: transfer.id,
    tx_hash: transfer.txHash,
    log_index: transfer.logIndex,
    kind: transfer.kind,
    from: toChecksum(transfer.from),
    amount: transfer.amount.toString(),
    block_number: transfer.blockNumber,
    status: transfer.status,
    flags: partFlags(payment, transfer),
  }
}

function partFlags(payment: Payment, transfer: Transfer): string[] {
  const wrong = mismatch(payment, transfer)
  if (wrong !== null) return [wrong]
  return transfer.inTime ? [] : ['late']
}

function fewestConfirmations(payment: Payment, transfers: readonly Transfer[], headNumber: number | null): number {
  const counted = transfers.filter((transfer) => counts(payment, transfer))
  if (counted.length === 0 || headNumber === null) return 0
  return Math.min(...counted.map((transfer) => confirmationsAt(headNumber, transfer.blockNumber)))
}
