import type { Event } from './events.ts'
import type {
  AcceptPayment,
  Chain,
  CheckoutSession,
  CheckoutSessionTimeline,
  CreateCheckoutSession,
  CreatePayment,
  CreatePaymentLink,
  CreateSessionPayment,
  CreateWebhookEndpoint,
  Delivery,
  NewWebhookEndpoint,
  operations,
  Payment,
  PaymentLink,
  ReplayWebhooks,
  Sweep,
  Timeline,
  UpdatePayment,
  UpdatePaymentLink,
  UpdateWebhookEndpoint,
  WebhookEndpoint,
} from './generated/openapi.ts'
import { type CallOptions, type ClientOptions, httpClient, type Send } from './http.ts'
import { listOf } from './list.ts'
import { verify } from './webhooks.ts'

export { CTripAnswerError, CTripConnectionError, CTripError, WebhookVerificationError } from './errors.ts'
export type { Event } from './events.ts'
export type * from './generated/openapi.ts'
export type { CallOptions, ClientOptions } from './http.ts'
export type { List, Page } from './list.ts'

/** For whoever receives webhooks; needs no client. */
export const webhooks = { verify }

export type Client = ReturnType<typeof createClient>

type QueryOf<Operation extends keyof operations> = NonNullable<operations[Operation]['parameters']['query']>
type AnswerOf<Operation extends keyof operations> = operations[Operation]['responses'] extends {
  202: { content: { 'application/json': infer Answer } }
}
  ? Answer
  : never

/** A client of one gateway with one key. It holds nothing open: make it once, use it everywhere. */
export function createClient(options: ClientOptions) {
  const send = httpClient(options)
  return {
    payments: payments(send),
    checkoutSessions: checkoutSessions(send),
    paymentLinks: paymentLinks(send),
    chains: { list: () => send<{ data: Chain[] }>({ method: 'GET', path: '/chains' }).then(({ data }) => data) },
    webhookEndpoints: webhookEndpoints(send),
    events: events(send),
    deliveries: {
      retrieve: (id: string) => send<Delivery>({ method: 'GET', path: at('deliveries', id) }),
      list: (query: QueryOf<'listDeliveries'> = {}) => listOf<Delivery>(send, '/deliveries', query, 'starting_after'),
    },
    sweeps: {
      retrieve: (id: string) => send<Sweep>({ method: 'GET', path: at('sweeps', id) }),
      list: (query: QueryOf<'listSweeps'> = {}) => listOf<Sweep>(send, '/sweeps', query, 'starting_after'),
    },
  }
}

function payments(send: Send) {
  return {
    create: (body: CreatePayment, options: CallOptions = {}) =>
      send<Payment>({ method: 'POST', path: '/payments', body, ...options }),
    retrieve: (id: string) => send<Payment>({ method: 'GET', path: at('payments', id) }),
    list: (query: QueryOf<'listPayments'> = {}) => listOf<Payment>(send, '/payments', query, 'starting_after'),
    /** What happened, when, and what it waits for. */
    timeline: (id: string) => send<Timeline>({ method: 'GET', path: `${at('payments', id)}/timeline` }),
    /** Your notes, and a later expiry. */
    update: (id: string, body: UpdatePayment) => send<Payment>({ method: 'PATCH', path: at('payments', id), body }),
    /** Only while nothing has been received. It is canceled once its chain has passed `cancel_requested_at`. */
    cancel: (id: string, options: CallOptions = {}) =>
      send<Payment>({ method: 'POST', path: `${at('payments', id)}/cancel`, ...options }),
    /** Takes what was received as enough; `amount` is the `amount_received` that you saw. */
    accept: (id: string, body: AcceptPayment, options: CallOptions = {}) =>
      send<Payment>({ method: 'POST', path: `${at('payments', id)}/accept`, body, ...options }),
  }
}

function checkoutSessions(send: Send) {
  const path = (id: string): string => at('checkout-sessions', id)
  return {
    /** One price; the payer chooses the assets that pay it, on the page at `url`. */
    create: (body: CreateCheckoutSession, options: CallOptions = {}) =>
      send<CheckoutSession>({ method: 'POST', path: '/checkout-sessions', body, ...options }),
    retrieve: (id: string) => send<CheckoutSession>({ method: 'GET', path: path(id) }),
    list: (query: QueryOf<'listCheckoutSessions'> = {}) =>
      listOf<CheckoutSession>(send, '/checkout-sessions', query, 'starting_after'),
    /** A payment for what is due now, in this asset: a new one, or the open one whose quote still holds. */
    createPayment: (id: string, body: CreateSessionPayment, options: CallOptions = {}) =>
      send<Payment>({ method: 'POST', path: `${path(id)}/payments`, body, ...options }),
    /** Only while it is open and nothing has been received. */
    expire: (id: string, options: CallOptions = {}) =>
      send<CheckoutSession>({ method: 'POST', path: `${path(id)}/expire`, ...options }),
    /** Its history with that of its payments. */
    timeline: (id: string) => send<CheckoutSessionTimeline>({ method: 'GET', path: `${path(id)}/timeline` }),
  }
}

function paymentLinks(send: Send) {
  const path = (id: string): string => at('payment-links', id)
  return {
    /** A page that opens a checkout session for each visitor. */
    create: (body: CreatePaymentLink, options: CallOptions = {}) =>
      send<PaymentLink>({ method: 'POST', path: '/payment-links', body, ...options }),
    retrieve: (id: string) => send<PaymentLink>({ method: 'GET', path: path(id) }),
    list: (query: QueryOf<'listPaymentLinks'> = {}) =>
      listOf<PaymentLink>(send, '/payment-links', query, 'starting_after'),
    update: (id: string, body: UpdatePaymentLink) => send<PaymentLink>({ method: 'PATCH', path: path(id), body }),
  }
}

function webhookEndpoints(send: Send) {
  const path = (id: string): string => at('webhook-endpoints', id)
  return {
    /** The answer alone shows the secret: keep it. */
    create: (body: CreateWebhookEndpoint, options: CallOptions = {}) =>
      send<NewWebhookEndpoint>({ method: 'POST', path: '/webhook-endpoints', body, ...options }),
    retrieve: (id: string) => send<WebhookEndpoint>({ method: 'GET', path: path(id) }),
    list: (query: QueryOf<'listWebhookEndpoints'> = {}) =>
      listOf<WebhookEndpoint>(send, '/webhook-endpoints', query, 'starting_after'),
    update: (id: string, body: UpdateWebhookEndpoint) =>
      send<WebhookEndpoint>({ method: 'PATCH', path: path(id), body }),
    delete: (id: string) => send<{ id: string; deleted: true }>({ method: 'DELETE', path: path(id) }),
    /** The old secret goes on signing for 24 hours. */
    rotateSecret: (id: string, options: CallOptions = {}) =>
      send<{ secret: string }>({ method: 'POST', path: `${path(id)}/rotate-secret`, ...options }),
    test: (id: string, options: CallOptions = {}) =>
      send<AnswerOf<'testWebhookEndpoint'>>({ method: 'POST', path: `${path(id)}/test`, ...options }),
    replay: (id: string, body: ReplayWebhooks, options: CallOptions = {}) =>
      send<AnswerOf<'replayWebhooks'>>({ method: 'POST', path: `${path(id)}/replay`, body, ...options }),
  }
}

function events(send: Send) {
  return {
    retrieve: (id: string) => send<Event>({ method: 'GET', path: at('events', id) }),
    /** Oldest first, in the order of their publication, skipping none. */
    list: (query: QueryOf<'listEvents'> = {}) => listOf<Event>(send, '/events', query, 'after'),
    resend: (id: string, options: CallOptions = {}) =>
      send<AnswerOf<'resendEvent'>>({ method: 'POST', path: `${at('events', id)}/resend`, ...options }),
  }
}

function at(collection: string, id: string): string {
  return `/${collection}/${encodeURIComponent(id)}`
}
