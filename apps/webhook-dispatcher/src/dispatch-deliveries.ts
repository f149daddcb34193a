import type { Database } from '@ctrip/db/database/database'
import type { ClaimedDelivery } from '@ctrip/db/webhooks/delivery-claims'
import { type WorkLoop, workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import { traceFields } from '@ctrip/telemetry/spans'
import { claimRound } from './claim-deliveries'
import { type DeliverDeps, deliverWebhook } from './deliver-webhook'
import { type DeliveryOutcome, discarded, givenBack, settlementOf } from './delivery-outcome'
import type { EventCache, EventToDeliver } from './event-cache'
import * as metrics from './metrics'
import { slots as makeSlots } from './plan-claim'
import { deliverySettler } from './settle-deliveries'

export interface DispatchDeps extends DeliverDeps {
  readonly db: Database
  readonly log: Logger
  readonly events: EventCache
  readonly scheduleSeconds: readonly number[]
  readonly onEvents: () => void
  /** Gives up what is under way: it goes back uncounted. */
  readonly signal: AbortSignal
}

/** The claim loop finds what is due without being told, this often. */
const POLL_MS = 250
/** A delivery that we could not even attempt, through no fault of the receiver's. */
const UNATTEMPTED_RETRY_MS = 60_000

/** Claims, delivers and settles, for ever. Claims go on while deliveries are under way; each holds a slot until it is settled. */
export function deliveryDispatcher(deps: DispatchDeps): WorkLoop {
  const { db, log, events } = deps
  const slots = makeSlots()
  const settle = deliverySettler(deps)
  const underWay = new Set<Promise<void>>()

  async function begin(claimed: readonly ClaimedDelivery[]): Promise<void> {
    const found = await events.get(claimed.map(({ eventId }) => eventId))
    for (const delivery of claimed) {
      const work: Promise<void> = process(delivery, found.get(delivery.eventId)).finally(() => underWay.delete(work))
      underWay.add(work)
    }
    metrics.inFlight.set({}, slots.total)
  }

  /** Never rejects: what cannot be settled comes back when its lease runs out. */
  async function process(claimed: ClaimedDelivery, event: EventToDeliver | undefined): Promise<void> {
    try {
      const outcome = event === undefined ? gone(claimed) : await attempt(deps, claimed, event)
      const settled = await settle(outcome)
      report(log, outcome, settled)
    } catch (err) {
      log.error({ err, ...fieldsOf(claimed) }, 'webhook.settle_failed')
    } finally {
      slots.release(claimed)
      metrics.inFlight.set({}, slots.total)
      loop.wake()
    }
  }

  const loop = workLoop({
    name: 'webhook_claims',
    intervalMs: POLL_MS,
    log,
    run: claimRound({ db, log, slots, begin }),
  })
  return {
    start: loop.start,
    wake: loop.wake,
    async stop() {
      await loop.stop()
      await Promise.all(underWay)
    },
  }
}

async function attempt(deps: DispatchDeps, claimed: ClaimedDelivery, event: EventToDeliver): Promise<DeliveryOutcome> {
  try {
    const attempt = await deliverWebhook(deps, claimed, event, deps.signal)
    const rules = { scheduleSeconds: deps.scheduleSeconds, now: new Date(), random: Math.random() }
    const { settlement, signal } = settlementOf(claimed, attempt, rules)
    return { claimed, settlement, attempted: { attempt, signal, event } }
  } catch (err) {
    const stopping = deps.signal.aborted
    if (!stopping) deps.log.error({ err, ...fieldsOf(claimed) }, 'webhook.not_attempted')
    const dueAt = new Date(Date.now() + (stopping ? 0 : UNATTEMPTED_RETRY_MS))
    return { claimed, settlement: givenBack(claimed, dueAt), attempted: null }
  }
}

function gone(claimed: ClaimedDelivery): DeliveryOutcome {
  return { claimed, settlement: discarded(claimed), attempted: null }
}

/** Tells of an attempt, once it is settled: one line of log, and metrics. */
function report(log: Logger, { claimed, settlement, attempted }: DeliveryOutcome, settled: boolean): void {
  if (!settled) log.warn(fieldsOf(claimed), 'webhook.lease_lost')
  if (attempted === null) return
  const { attempt, event } = attempted
  const delivered = attempt.reason === null
  const outcome = delivered ? 'delivered' : settlement.status === 'dead_lettered' ? 'dead_lettered' : 'failed'
  const anchor = event.traceAnchor
  metrics.attemptsTotal.inc({ event_type: event.type, outcome, reason: attempt.reason ?? 'none' })
  metrics.attemptDuration.observe({ outcome }, attempt.durationMs / 1_000, anchor)
  if (delivered)
    metrics.deliveryLatency.observe({ event_type: event.type }, secondsBetween(event.createdAt, new Date()), anchor)
  if (!claimed.troubled) metrics.startLatency.observe({}, secondsBetween(claimed.dueAt, attempt.at), anchor)
  log[delivered ? 'info' : 'warn'](
    {
      ...fieldsOf(claimed),
      ...traceFields(anchor),
      ...(event.paymentId === null ? {} : { payment_id: event.paymentId }),
      event_type: event.type,
      attempt: settlement.attempts,
      status: settlement.status,
      status_code: attempt.statusCode,
      reason: settlement.attempt?.reason ?? null,
      duration_ms: attempt.durationMs,
    },
    'webhook.attempted',
  )
}

function fieldsOf({ id, eventId, endpointId }: ClaimedDelivery) {
  return { delivery_id: id, event_id: eventId, endpoint_id: endpointId }
}

function secondsBetween(from: Date, until: Date): number {
  return Math.max(0, until.getTime() - from.getTime()) / 1_000
}
