import type { CheckoutSessionId, EventId, MerchantId, PaymentId, SweepId, WebhookEndpointId } from './ids'

/** The subject on NATS is the event's type. */
export const EVENT_TYPES = [
  'payment.created',
  'payment.partially_paid',
  'payment.detected',
  'payment.confirmed',
  'payment.settled',
  'payment.expired',
  'payment.canceled',
  'payment.reorged',
  'payment.overpaid',
  'payment.late',
  'transfer.unmatched',
  'transfer.confirmed',
  'transfer.reorged',
  'checkout_session.completed',
  'checkout_session.expired',
  'checkout_session.reopened',
  'sweep.planned',
  'sweep.broadcast',
  'sweep.confirmed',
  'sweep.failed',
  'webhook.dead_lettered',
  'webhook.endpoint_failing',
  'webhook.endpoint_disabled',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** Sent to one endpoint on demand, never published on NATS. */
export const ENDPOINT_TEST = 'endpoint.test'

/** An event as the rules make it; it gets its id and time where it is written, in the transaction of the change it tells. */
export interface EventDraft {
  readonly type: EventType
  readonly merchantId: MerchantId
  /** What it is about: messages about one subject are published in order. */
  readonly subject: PaymentId | CheckoutSessionId | SweepId | WebhookEndpointId
  /** Grows with each event of a payment, a checkout session or a sweep, and is unique among them; 0 where there is neither. */
  readonly sequence: number
  /** The payment's anchor span, or the span in which a sweep began. */
  readonly traceAnchor: string
  /** A snapshot at the moment of the change: rendered once, never again. */
  readonly data: Readonly<Record<string, unknown>>
}

/** A committed event that waits to be published. */
export interface OutboxEntry {
  readonly eventId: EventId
  readonly type: string
  readonly body: string
  readonly traceAnchor: string
  /** The span in which it was emitted. */
  readonly traceparent: string
  readonly createdAt: Date
}
