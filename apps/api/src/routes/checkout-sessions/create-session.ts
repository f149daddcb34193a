import { renderCheckoutSession } from '@ctrip/domain/checkout-session/view'
import { canonicalAccept, type OpenSessionDeps, openSession, refuseTerms } from '../../checkout-sessions/open-session'
import { readOffers } from '../../checkout-sessions/session-options'
import { endpoint } from '../../http/endpoint'
import { invalid } from '../../http/problem'
import { type CreateSession, createSessionBody, sessionSchema } from '../../schemas/checkout-session'
import { noParams, noQuery } from '../../schemas/list'

export const createCheckoutSession = endpoint(
  {
    operation: 'createCheckoutSession',
    method: 'post',
    path: '/api/v1/checkout-sessions',
    access: 'merchant',
    scope: 'payments:write',
    tag: 'Checkout sessions',
    summary: 'Ask for a price',
    description: 'The payer chooses the assets that pay it, on the page at `url`, in one payment or in several.',
    params: noParams,
    query: noQuery,
    body: createSessionBody,
    status: 201,
    result: sessionSchema,
    refusals: [],
  },
  async (deps: OpenSessionDeps, { caller, body, db }) => {
    const accept = body.accept ?? null
    const refusal = refuseTerms(deps, { price: body.price, accept })
    if (refusal !== null) return refusal
    if (!addsUp(body))
      return invalid('line_items', 'line_items_mismatch', `The line items do not add up to ${body.price.amount}.`)
    const terms = {
      ...{ merchantId: caller.merchantId, price: body.price, accept: canonicalAccept(deps, accept) },
      lineItems: body.line_items.map(({ name, quantity, unit_amount: unitAmount }) => ({ name, quantity, unitAmount })),
      successUrl: body.success_url ?? null,
      cancelUrl: body.cancel_url ?? null,
      expiresInSeconds: body.expires_in,
      quoteSeconds: body.quote_seconds,
      toleranceBps: body.tolerance_bps,
      latePolicy: body.late_policy,
      reference: body.reference ?? null,
      metadata: body.metadata,
      locale: body.locale ?? null,
      paymentLink: null,
    }
    const { session, committed } = await openSession(deps, db, terms, caller.keyId)
    const offers = await readOffers(deps, db, [session])
    return {
      body: renderCheckoutSession(session, offers(session)),
      log: { checkout_session_id: session.id },
      committed,
    }
  },
)

function addsUp({ line_items: items, price }: CreateSession): boolean {
  const total = items.reduce((sum, item) => sum + item.unit_amount * BigInt(item.quantity), 0n)
  return items.length === 0 || total === price.amount
}
