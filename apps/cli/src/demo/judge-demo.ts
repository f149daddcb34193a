import type { ReceivedWebhook } from '@ctrip/local-stack/webhook-inbox'
import type { Payment } from '../api-schemas'

/** What the merchant is told about a payment that goes well. */
const EXPECTED_EVENTS = ['payment.created', 'payment.detected', 'payment.confirmed', 'payment.settled']

export interface Verdict {
  readonly passed: boolean
  /** Why not, one line each. */
  readonly faults: readonly string[]
}

/** Passed: every payment settled, every expected event received, and nothing received that did not verify. */
export function judgeDemo(payments: readonly Payment[], received: readonly ReceivedWebhook[]): Verdict {
  const faults = [
    ...payments.filter(({ status }) => status !== 'settled').map(({ id, status }) => `${id} is ${status}, not settled`),
    ...payments.flatMap(({ id }) => missingEvents(id, received).map((type) => `${id}: no webhook ${type} came`)),
    ...received.filter(({ verified }) => !verified).map(({ id }) => `webhook ${id || 'without an id'} did not verify`),
  ]
  return { passed: faults.length === 0, faults }
}

/** The webhooks whose event is about this payment. */
export function webhooksOf(paymentId: string, received: readonly ReceivedWebhook[]): ReceivedWebhook[] {
  return received.filter(({ body }) => JSON.stringify(body).includes(paymentId))
}

function missingEvents(paymentId: string, received: readonly ReceivedWebhook[]): string[] {
  const came = new Set(webhooksOf(paymentId, received).map(({ type }) => type))
  return EXPECTED_EVENTS.filter((type) => !came.has(type))
}
