import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Executor } from '@ctrip/db/database/database'
import { isUnavailable } from '@ctrip/db/database/errors'
import { transaction } from '@ctrip/db/database/transaction'
import { appendEvents, type EventToAppend } from '@ctrip/db/events/events'
import type { ClaimedDelivery } from '@ctrip/db/webhooks/delivery-claims'
import { settleDeliveries } from '@ctrip/db/webhooks/delivery-settlement'
import { type EndpointHealth, lockEndpointHealth, saveEndpointHealth } from '@ctrip/db/webhooks/endpoint-health'
import type { DeliveryId, PaymentId, WebhookEndpointId } from '@ctrip/domain/ids'
import type { Logger } from '@ctrip/telemetry/logger'
import { inSpan, traceFields } from '@ctrip/telemetry/spans'
import { type HealthEvent, nextHealth } from './circuit'
import { LEASE_MS } from './claim-deliveries'
import type { DeliveryAttempt, DeliveryOutcome } from './delivery-outcome'
import type { EventToDeliver } from './event-cache'
import { gather } from './gather'

export interface SettleDeps {
  readonly db: Database
  readonly log: Logger
  /** Called after a commit that appended events. */
  readonly onEvents: () => void
}

interface EndpointEvent extends EventToAppend {
  /** The payment that the delivery was about. */
  readonly paymentId: PaymentId | null
}

const BATCH_MAX = 256
const RETRY_DELAY_MS = 250

/** Settles outcomes in batches. Resolves to false where the lease was lost: another dispatcher has the delivery. */
export function deliverySettler(deps: SettleDeps): (outcome: DeliveryOutcome) => Promise<boolean> {
  const settle = gather<DeliveryOutcome, ReadonlySet<DeliveryId>>({
    batchMax: BATCH_MAX,
    flush: (outcomes) => inSpan('webhook.settle', { root: true, poll: true }, () => settleAll(deps, outcomes)),
  })
  return async (outcome) => (await settle(outcome)).has(outcome.claimed.id)
}

/** While Postgres is away the results are kept, as long as the leases last; then they are lost, and the deliveries made again. */
async function settleAll(deps: SettleDeps, outcomes: readonly DeliveryOutcome[]): Promise<ReadonlySet<DeliveryId>> {
  const giveUpAt = performance.now() + LEASE_MS
  for (;;) {
    try {
      return await settleOnce(deps, outcomes)
    } catch (error) {
      if (!isUnavailable(error) || performance.now() > giveUpAt) throw error
      await sleep(RETRY_DELAY_MS)
    }
  }
}

async function settleOnce({ db, log, onEvents }: SettleDeps, outcomes: readonly DeliveryOutcome[]) {
  const settlements = outcomes.map(({ settlement }) => settlement)
  const changing = outcomes.filter(concernsEndpoint)
  if (changing.length === 0) return db.query('deliveries.settle', (prisma) => settleDeliveries(prisma, settlements))
  const { settled, events } = await transaction(db, 'deliveries.settle_failures', async (tx) => {
    // Endpoints first, in the order of their ids: the lock order of everyone.
    const healths = await lockEndpointHealth(tx, [...new Set(changing.map(({ claimed }) => claimed.endpointId))])
    const settled = await settleDeliveries(tx, settlements)
    const held = changing.filter(({ claimed }) => settled.has(claimed.id))
    const events = [...held.flatMap(deadLettered), ...(await updateHealth(tx, healths, held))]
    await appendEvents(tx, events)
    return { settled, events }
  })
  for (const event of events) report(log, event)
  if (events.length > 0) onEvents()
  return settled
}

/** The line has the trace of the payment whose delivery caused the event: the current span is a poll's. */
function report(log: Logger, { draft, paymentId }: EndpointEvent): void {
  const payment = paymentId === null ? {} : { payment_id: paymentId }
  const fields = { endpoint_id: draft.subject, ...payment, ...traceFields(draft.traceAnchor), data: draft.data }
  log.warn(fields, draft.type)
}

/** A success of an endpoint without troubles changes nothing about it: the usual case takes no lock. */
function concernsEndpoint({ claimed, attempted }: DeliveryOutcome): boolean {
  return attempted !== null && (claimed.troubled || attempted.signal.outcome !== 'delivered')
}

async function updateHealth(
  tx: Executor,
  healths: Awaited<ReturnType<typeof lockEndpointHealth>>,
  outcomes: readonly DeliveryOutcome[],
): Promise<EndpointEvent[]> {
  const byEndpoint = Map.groupBy(outcomes, ({ claimed }): WebhookEndpointId => claimed.endpointId)
  const events: EndpointEvent[] = []
  for (const before of healths) {
    let health = before
    for (const { claimed, attempted } of byEndpoint.get(before.id) ?? []) {
      if (attempted === null) continue
      const next = nextHealth(health, attempted.signal)
      health = next.health
      events.push(...next.events.map((type) => endpointChanged(type, health, claimed, attempted)))
    }
    if (health !== before) await saveEndpointHealth(tx, health)
  }
  return events
}

/** `webhook.dead_lettered`, if this outcome is one. */
function deadLettered({ claimed, settlement, attempted }: DeliveryOutcome): EndpointEvent[] {
  if (settlement.status !== 'dead_lettered' || attempted === null) return []
  const { attempt, event } = attempted
  const delivery = {
    id: claimed.id,
    event_id: event.id,
    event_type: event.type,
    endpoint_id: claimed.endpointId,
    attempts: settlement.attempts,
    status_code: attempt.statusCode,
    error: settlement.attempt?.error ?? null,
  }
  return [toAppend('webhook.dead_lettered', { delivery }, claimed, attempted)]
}

function endpointChanged(
  type: HealthEvent,
  health: EndpointHealth,
  claimed: ClaimedDelivery,
  attempted: { readonly attempt: DeliveryAttempt; readonly event: EventToDeliver },
): EndpointEvent {
  const endpoint = {
    id: health.id,
    url: claimed.url,
    enabled: health.enabled,
    disabled_reason: health.disabledReason,
    failing_since: health.failingSince?.toISOString() ?? null,
    consecutive_failures: health.consecutiveFailures,
  }
  return toAppend(type, { endpoint }, claimed, attempted)
}

function toAppend(
  type: HealthEvent | 'webhook.dead_lettered',
  data: Readonly<Record<string, unknown>>,
  { merchantId, endpointId }: ClaimedDelivery,
  { attempt, event }: { readonly attempt: DeliveryAttempt; readonly event: EventToDeliver },
): EndpointEvent {
  const draft = { type, merchantId, subject: endpointId, sequence: 0, traceAnchor: event.traceAnchor, data }
  return { draft, traceparent: attempt.traceparent, paymentId: event.paymentId }
}
