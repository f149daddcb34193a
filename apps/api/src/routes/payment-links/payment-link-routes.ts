import {
  findPaymentLink,
  insertPaymentLink,
  type PaymentLink,
  listPaymentLinks as readPaymentLinks,
  savePaymentLink,
} from '@ctrip/db/checkout-sessions/payment-links'
import { newId } from '@ctrip/domain/ids'
import { canonicalAccept, type OpenSessionDeps, refuseTerms } from '../../checkout-sessions/open-session'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { listOf, noParams, noQuery, renderList } from '../../schemas/list'
import {
  createLinkBody,
  linkParams,
  linkSchema,
  listLinksQuery,
  renderPaymentLink,
  updateLinkBody,
} from '../../schemas/payment-link'

const shape = { access: 'merchant', tag: 'Payment links' } as const
const PATH = '/api/v1/payment-links'

export const createPaymentLink = endpoint(
  {
    ...{ ...shape, scope: 'payments:write', operation: 'createPaymentLink', method: 'post', path: PATH },
    summary: 'Make a page that opens a checkout session for each visitor',
    params: noParams,
    query: noQuery,
    body: createLinkBody,
    status: 201,
    result: linkSchema,
    refusals: [],
  },
  async (deps: OpenSessionDeps, { caller, body, db }) => {
    const accept = body.accept ?? null
    const refusal = refuseTerms(deps, { price: body.price, accept })
    if (refusal !== null) return refusal
    const createdAt = new Date()
    const link: PaymentLink = {
      ...{ id: newId('paymentLink', createdAt.getTime()), merchantId: caller.merchantId, createdAt },
      ...{ name: body.name, price: body.price, accept: canonicalAccept(deps, accept), metadata: body.metadata },
      description: body.description ?? null,
      successUrl: body.success_url ?? null,
      active: body.active,
    }
    await insertPaymentLink(db, link)
    return { body: renderPaymentLink(link, deps.publicUrl) }
  },
)

export const listPaymentLinks = endpoint(
  {
    ...{ ...shape, scope: 'payments:read', operation: 'listPaymentLinks', method: 'get', path: PATH },
    summary: 'List payment links, newest first',
    params: noParams,
    query: listLinksQuery,
    body: null,
    status: 200,
    result: listOf(linkSchema),
    refusals: [],
  },
  async ({ publicUrl }: OpenSessionDeps, { caller, query, db }) => {
    const page = { limit: query.limit, startingAfter: query.starting_after ?? null }
    const found = await readPaymentLinks(db, caller.merchantId, page)
    return { body: renderList(found, (link) => renderPaymentLink(link, publicUrl)) }
  },
)

export const getPaymentLink = endpoint(
  {
    ...{ ...shape, scope: 'payments:read', operation: 'getPaymentLink', method: 'get', path: `${PATH}/:id` },
    summary: 'Read a payment link',
    subject: 'payment link',
    params: linkParams,
    query: noQuery,
    body: null,
    status: 200,
    result: linkSchema,
    refusals: [404],
  },
  async ({ publicUrl }: OpenSessionDeps, { caller, params: { id }, db }) => {
    const link = await findPaymentLink(db, caller.merchantId, id)
    return link === null ? notFound('payment link') : { body: renderPaymentLink(link, publicUrl) }
  },
)

export const updatePaymentLink = endpoint(
  {
    ...{ ...shape, scope: 'payments:write', operation: 'updatePaymentLink', method: 'patch', path: `${PATH}/:id` },
    summary: 'Change a payment link',
    description: 'For visitors from now on: sessions that it has opened keep their terms.',
    subject: 'payment link',
    params: linkParams,
    query: noQuery,
    body: updateLinkBody,
    status: 200,
    result: linkSchema,
    refusals: [404],
  },
  async (deps: OpenSessionDeps, { caller, params: { id }, body, db }) => {
    const before = await findPaymentLink(db, caller.merchantId, id)
    if (before === null) return notFound('payment link')
    const accept = body.accept === undefined ? before.accept : canonicalAccept(deps, body.accept)
    const { price = before.price, name = before.name, metadata = before.metadata, active = before.active } = body
    const refusal = refuseTerms(deps, { price, accept: body.accept ?? null })
    if (refusal !== null) return refusal
    const link: PaymentLink = {
      ...{ ...before, name, price, accept, metadata, active },
      description: body.description === undefined ? before.description : body.description,
      successUrl: body.success_url === undefined ? before.successUrl : body.success_url,
    }
    await savePaymentLink(db, link)
    return { body: renderPaymentLink(link, deps.publicUrl) }
  },
)
