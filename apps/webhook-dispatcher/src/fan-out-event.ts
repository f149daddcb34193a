import type { Database } from '@ctrip/db/database/database'
import { fanOutEvents, overdueFanOuts, unpublishedEvents } from '@ctrip/db/webhooks/fan-out'
import type { EventId } from '@ctrip/domain/ids'
import type { EventMessage } from '@ctrip/events/consume'
import { inAnchoredSpan, inSpan, SpanKind } from '@ctrip/telemetry/spans'
import type { EventCache } from './event-cache'
import { gather } from './gather'

export interface FanOut {
  /** Handles a message from NATS: one delivery for each endpoint that wants the event. No HTTP here. */
  handle(message: EventMessage): Promise<void>
  /** Fans out what NATS has lost, and what nobody can publish because NATS is away or refuses the stream. */
  catchUp(): Promise<'idle' | 'more'>
}

export interface FanOutDeps {
  readonly db: Database
  readonly events: EventCache
  readonly firstDelayMs: number
  /** Called once deliveries have been committed. */
  readonly onDeliveries: () => void
}

const BATCH_MAX = 100
/** A message that is merely on its way comes sooner than this. */
const OVERDUE_AFTER_MS = 3_000
const OVERDUE_MAX = 500
/** Longer than a restart of NATS: what is published soon is fanned out in the usual way. */
const UNPUBLISHED_AFTER_MS = 10_000

export function eventFanOut({ db, events, firstDelayMs, onDeliveries }: FanOutDeps): FanOut {
  // Batches serve many events: traces of their own.
  const read = gather<EventId, Awaited<ReturnType<EventCache['get']>>>({
    batchMax: BATCH_MAX,
    flush: (ids) => inSpan('webhook.read_events', { root: true, poll: true }, () => events.get(ids)),
  })
  const fanOut = gather<EventId, void>({
    batchMax: BATCH_MAX,
    flush: (ids) => inSpan('webhook.fan_out', { root: true, poll: true }, () => fanOutNow(ids)),
  })

  async function fanOutNow(ids: readonly EventId[]): Promise<void> {
    if ((await fanOutEvents(db, ids, firstDelayMs)) > 0) onDeliveries()
  }

  /** The position of the round through the outbox. It begins again at the end: an event may have committed behind it. */
  let place = 0n

  return {
    async handle({ eventId, traceparent }) {
      // The row, not the message: whoever can publish on NATS cannot make us tell anything.
      const event = (await read(eventId)).get(eventId)
      if (event === undefined) return
      const options = {
        anchor: event.traceAnchor,
        kind: SpanKind.CONSUMER,
        links: traceparent === null ? [] : [traceparent],
        attributes: {
          'messaging.system': 'nats',
          'messaging.operation.type': 'process',
          'messaging.operation.name': 'process',
          'messaging.destination.name': event.type,
          'messaging.message.id': eventId,
          'ctrip.event.id': eventId,
        },
      }
      await inAnchoredSpan(`process ${event.type}`, options, () => fanOut(eventId))
    },
    async catchUp() {
      const overdue = await overdueFanOuts(db, OVERDUE_AFTER_MS, OVERDUE_MAX)
      if (overdue.length > 0) await fanOutNow(overdue)
      const { events: unpublished, last } = await unpublishedEvents(db, UNPUBLISHED_AFTER_MS, {
        after: place,
        limit: OVERDUE_MAX,
      })
      if (unpublished.length > 0) await fanOutNow(unpublished)
      place = unpublished.length === OVERDUE_MAX && last !== null ? last : 0n
      return overdue.length === OVERDUE_MAX ? 'more' : 'idle'
    },
  }
}
