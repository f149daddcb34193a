import { type Amount, formatUnits } from '../amount'
import type { Asset } from '../payment/payment'
import { renderAsset, traceIdOf } from '../payment/view'
import { formatRate, type Rate } from '../rates'
import { formatMinorUnits } from '../rates/currencies'
import type { CheckoutSession, Price } from './session'
import { amountDue } from './value'

/** The kinds of reasons, which the payer's page translates. */
export type OptionRefusal = 'nothing_due' | 'untrusted' | 'unchecked' | 'unpriced' | 'rate_unusable'

/** An asset that the payer may choose now, with the amount that is due in it; or the reason why it cannot be chosen. */
export interface SessionOption {
  readonly chain: string
  readonly chainId: number
  readonly asset: Asset
  readonly choice:
    | { readonly available: true; readonly amount: Amount; readonly rate: Rate }
    | { readonly available: false; readonly cause: OptionRefusal; readonly reason: string }
}

/** The checkout session object of the HTTP API and of webhooks (the contract's §8). Events hold no options: rates move. */
export function renderCheckoutSession(session: CheckoutSession, options: readonly SessionOption[]) {
  const { currency } = session.price
  return {
    id: session.id,
    object: 'checkout_session' as const,
    status: session.status,
    url: session.url,
    price: renderPrice(session.price),
    amount_paid: session.amountPaid.toString(),
    amount_pending: session.amountPending.toString(),
    amount_due: amountDue(session).toString(),
    tolerance_bps: session.toleranceBps,
    late_policy: session.latePolicy,
    options: options.map(renderOption),
    payments: [...session.payments],
    line_items: session.lineItems.map(({ name, quantity, unitAmount }) => ({
      name,
      quantity,
      unit_amount: unitAmount.toString(),
      unit_amount_display: formatMinorUnits(unitAmount, currency),
    })),
    success_url: session.successUrl,
    cancel_url: session.cancelUrl,
    payment_link: session.paymentLink,
    reference: session.reference,
    metadata: session.metadata,
    locale: session.locale,
    sequence: session.sequence,
    trace_id: traceIdOf(session.traceAnchor),
    created_at: session.createdAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    completed_at: session.completedAt?.toISOString() ?? null,
  }
}

export type CheckoutSessionView = ReturnType<typeof renderCheckoutSession>

export function renderPrice({ amount, currency }: Price) {
  return { amount: amount.toString(), currency, amount_display: formatMinorUnits(amount, currency) }
}

function renderOption({ chain, chainId, asset, choice }: SessionOption) {
  const { available } = choice
  return {
    chain,
    chain_id: chainId,
    asset: renderAsset(chainId, asset),
    amount: available ? choice.amount.toString() : null,
    amount_display: available ? formatUnits(choice.amount, asset.decimals) : null,
    rate: available ? formatRate(choice.rate) : null,
    available,
    reason: available ? null : choice.reason,
  }
}
