import { findSession, paymentsOfSession } from '@ctrip/db/checkout-sessions/sessions'
import { ConflictError } from '@ctrip/db/database/errors'
import { databaseTime } from '@ctrip/db/payments/payment-requests'
import { lockPayments } from '@ctrip/db/payments/payments'
import type { SessionRefusal } from '@ctrip/domain/checkout-session/transition'
import { renderCheckoutSession } from '@ctrip/domain/checkout-session/view'
import type { Logger } from '@ctrip/telemetry/logger'
import { changePayments } from '@ctrip/use-cases/change-payments'
import { changeSessions } from '@ctrip/use-cases/change-sessions'
import { reportChanges } from '@ctrip/use-cases/report-changes'
import { reportSessions } from '@ctrip/use-cases/report-sessions'
import { type OptionDeps, readOffers } from '../../checkout-sessions/session-options'
import { endpoint } from '../../http/endpoint'
import { conflict, notFound } from '../../http/problem'
import { sessionParams, sessionSchema } from '../../schemas/checkout-session'
import { noBody, noQuery } from '../../schemas/list'

export interface ExpireSessionDeps extends OptionDeps {
  readonly wakeRelay: () => void
  readonly log: Logger
}

export const expireCheckoutSession = endpoint(
  {
    operation: 'expireCheckoutSession',
    method: 'post',
    path: '/api/v1/checkout-sessions/:id/expire',
    access: 'merchant',
    scope: 'payments:write',
    audited: true,
    tag: 'Checkout sessions',
    summary: 'End a checkout session',
    description:
      'Only while it is open and nothing has been received. It takes no more choices from now on. It is `expired` once the chains of its open payments have been scanned past this time, at once if it has none; money that came by then still counts.',
    subject: 'checkout session',
    params: sessionParams,
    query: noQuery,
    body: noBody,
    status: 200,
    result: sessionSchema,
    refusals: [404, 409],
  },
  async (deps: ExpireSessionDeps, { caller, params: { id }, db }) => {
    if ((await findSession(db, caller.merchantId, id)) === null) return notFound('checkout session')
    // Payments before their session, as every writer locks them.
    const payments = await paymentsOfSession(db, id)
    await lockPayments(db, payments)
    const cause = { actor: caller.keyId, rateBook: deps.rateBook }
    const ended = await changeSessions(db, [id], { kind: 'expire_asked' }, cause)
    const [result] = ended
    if (result === undefined) return notFound('checkout session')
    if (result.outcome.kind === 'refused') return conflict(result.outcome.reason, REFUSALS[result.outcome.reason])
    // A payer chose between the two locks: the next attempt sees that payment.
    if (result.before.payments.length !== payments.length) throw new ConflictError('a payment was added meanwhile')
    const now = await databaseTime(db)
    const canceled = await changePayments(db, payments, () => ({ kind: 'cancel_asked', at: now }), cause)
    const session = (await findSession(db, caller.merchantId, id)) ?? result.before
    const offers = await readOffers(deps, db, [session])
    return {
      body: renderCheckoutSession(session, offers(session)),
      log: { checkout_session_id: id },
      committed: () => {
        reportSessions(deps.log, ended)
        reportChanges(deps.log, canceled)
        deps.wakeRelay()
      },
    }
  },
)

const REFUSALS: Readonly<Record<SessionRefusal, string>> = {
  session_not_open: 'The checkout session is complete or expired already.',
  already_received: 'Something has been received for this checkout session: it can no longer be ended.',
}
