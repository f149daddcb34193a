import { findSession, listSessions } from '@ctrip/db/checkout-sessions/sessions'
import { SESSION_STATUSES } from '@ctrip/domain/checkout-session/session'
import { renderCheckoutSession } from '@ctrip/domain/checkout-session/view'
import { z } from 'zod'
import { type OptionDeps, readOffers } from '../../checkout-sessions/session-options'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { sessionParams, sessionSchema } from '../../schemas/checkout-session'
import { listOf, noParams, noQuery, pageOf, renderList } from '../../schemas/list'
import { moment, text } from '../../schemas/text'
import { renderSessionTimeline, sessionTimelineSchema } from '../../timeline/session-timeline'

export const getCheckoutSession = endpoint(
  {
    operation: 'getCheckoutSession',
    method: 'get',
    path: '/api/v1/checkout-sessions/:id',
    access: 'merchant',
    scope: 'payments:read',
    tag: 'Checkout sessions',
    summary: 'Read a checkout session',
    subject: 'checkout session',
    params: sessionParams,
    query: noQuery,
    body: null,
    status: 200,
    result: sessionSchema,
    refusals: [404],
  },
  async (deps: OptionDeps, { caller, params: { id }, db }) => {
    const session = await findSession(db, caller.merchantId, id)
    if (session === null) return notFound('checkout session')
    const offers = await readOffers(deps, db, [session])
    return { body: renderCheckoutSession(session, offers(session)), log: { checkout_session_id: id } }
  },
)

const query = z.strictObject({
  status: z.enum(SESSION_STATUSES).optional(),
  reference: text(255, 1).optional(),
  created_gte: moment().optional(),
  created_lt: moment().optional(),
  ...pageOf('checkoutSession'),
})

export const listCheckoutSessions = endpoint(
  {
    operation: 'listCheckoutSessions',
    method: 'get',
    path: '/api/v1/checkout-sessions',
    access: 'merchant',
    scope: 'payments:read',
    tag: 'Checkout sessions',
    summary: 'List checkout sessions, newest first',
    params: noParams,
    query,
    body: null,
    status: 200,
    result: listOf(sessionSchema),
    refusals: [],
  },
  async (deps: OptionDeps, { caller, query, db }) => {
    const filter = {
      status: query.status ?? null,
      reference: query.reference ?? null,
      createdFrom: query.created_gte ?? null,
      createdBefore: query.created_lt ?? null,
    }
    const page = { limit: query.limit, startingAfter: query.starting_after ?? null }
    const found = await listSessions(db, caller.merchantId, filter, page)
    const offers = await readOffers(deps, db, found.items)
    return { body: renderList(found, (session) => renderCheckoutSession(session, offers(session))) }
  },
)

export const getSessionTimeline = endpoint(
  {
    operation: 'getCheckoutSessionTimeline',
    method: 'get',
    path: '/api/v1/checkout-sessions/:id/timeline',
    access: 'merchant',
    scope: 'payments:read',
    tag: 'Checkout sessions',
    summary: 'The history of a checkout session and of its payments',
    subject: 'checkout session',
    params: sessionParams,
    query: noQuery,
    body: null,
    status: 200,
    result: sessionTimelineSchema,
    refusals: [404],
  },
  async (_deps: unknown, { caller, params: { id }, db }) => {
    const session = await findSession(db, caller.merchantId, id)
    if (session === null) return notFound('checkout session')
    return { body: await renderSessionTimeline(db, session), log: { checkout_session_id: id } }
  },
)
