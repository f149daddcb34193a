import type { PaymentView } from './api-client'
import type { Delivery } from './receivers'
import type { Violation } from './violation'

/** Checks the webhooks of one payment at one endpoint: complete, numbered without a gap, equal at each repetition. */
export function judgeStory(endpoint: string, current: PaymentView, told: readonly Delivery[]): Violation[] {
  const violations: Violation[] = []
  const found = (rule: string, detail: string) =>
    violations.push({ rule, subject: `${current.id} at ${endpoint}`, detail })
  const bySequence = Map.groupBy(told, ({ sequence }) => sequence)
  const expected = Array.from({ length: current.sequence }, (_, n) => n + 1)
  const missing = expected.filter((sequence) => !bySequence.has(sequence))
  if (missing.length > 0) found('every event is delivered', `without ${missing.join(', ')} of ${current.sequence}`)
  for (const [sequence, deliveries] of bySequence) {
    if (sequence > current.sequence) found('no event is invented', `${sequence} of ${current.sequence}`)
    const ids = new Set(deliveries.map(({ eventId }) => eventId))
    if (ids.size > 1) found('a sequence is one event', `${sequence}: ${[...ids].join(', ')}`)
    const digests = new Set(deliveries.map(({ digest }) => digest))
    if (digests.size > ids.size) found('a snapshot is rendered once', `sequence ${sequence}`)
  }
  const traces = new Set(told.map(({ traceId }) => traceId))
  if (traces.size > 1 || (traces.size === 1 && !traces.has(current.trace_id)))
    found('a payment is one trace', `${[...traces].join(', ')} instead of ${current.trace_id}`)
  const last = bySequence.get(current.sequence)?.[0]?.payment
  if (last !== undefined && last !== null && last.status !== current.status)
    found('the last event tells the state', `${last.status}, and it is ${current.status}`)
  return violations
}
