import type { EventId } from '@ctrip/domain/ids'
import type { Logger } from '@ctrip/telemetry/logger'
import { currentTraceparent, inAnchoredSpan, SpanKind } from '@ctrip/telemetry/spans'
import type { Bus } from './bus'
import { prepareStream } from './bus'
import { outboxOldestAge, outboxPending, outboxPublishDuration } from './metrics'

/** One relay at a time works, whoever holds this lease; every service runs one. */
export const RELAY_LEASE = 'outbox-relay'

const BATCH_MAX = 200
const POLL_MS = 250
const BACKOFF_MS = 500
const BACKLOG_EVERY_MS = 1_000

export interface OutboxMessage {
  readonly eventId: EventId
  readonly type: string
  readonly body: string
  readonly traceAnchor: string
  readonly traceparent: string
  readonly createdAt: Date
}

/** Where events wait, declared here because the relay knows no database. */
export interface OutboxStore<Lease> {
  read(limit: number): Promise<readonly OutboxMessage[]>
  /** Removes what was published; throws if the lease is no longer held. */
  markPublished(lease: Lease, eventIds: readonly EventId[]): Promise<void>
  backlog(): Promise<{ pending: number; oldestAgeSeconds: number }>
}

export interface RelayOptions<Lease> {
  readonly store: OutboxStore<Lease>
  readonly bus: Bus
  readonly keeper: { current(): Lease | null }
  readonly log: Logger
}

/**
 * Publishes the outbox in its order. Killed between a publish and the removal, it publishes again: the server drops the
 * copy by its id for two minutes, consumers by their own keys for ever. When a publish fails it goes on from the first
 * message that was not acknowledged, so what is told of one payment is told in order.
 */
export function outboxRelay<Lease>(options: RelayOptions<Lease>): { start(): void; stop(): Promise<void> } {
  const { bus, log } = options
  let stopping = false
  let woken = false
  let endPause: () => void = () => undefined
  let running: Promise<void> = Promise.resolve()
  let reportedAt = 0

  async function run(): Promise<void> {
    while (!stopping) {
      const delayMs = await round().catch((err: unknown) => {
        log.warn({ err }, 'outbox.relay_failed')
        return BACKOFF_MS
      })
      if (delayMs > 0 && !stopping) await pause(delayMs)
    }
  }

  async function round(): Promise<number> {
    const lease = options.keeper.current()
    if (lease === null) {
      outboxPending.reset()
      outboxOldestAge.reset()
      return POLL_MS
    }
    if (Date.now() - reportedAt > BACKLOG_EVERY_MS) await reportBacklog()
    const messages = await options.store.read(BATCH_MAX)
    if (messages.length === 0) return POLL_MS
    const published = await publishInOrder(bus, messages)
    if (published.length > 0)
      await options.store.markPublished(
        lease,
        published.map(({ eventId }) => eventId),
      )
    for (const { createdAt, traceAnchor } of published)
      outboxPublishDuration.observe({}, Math.max(0, Date.now() - createdAt.getTime()) / 1000, traceAnchor)
    if (published.length === messages.length) return 0
    await prepareStream(bus) // the usual cause: NATS came back without its data
    return BACKOFF_MS
  }

  async function reportBacklog(): Promise<void> {
    reportedAt = Date.now()
    const { pending, oldestAgeSeconds } = await options.store.backlog()
    outboxPending.set({}, pending)
    outboxOldestAge.set({}, oldestAgeSeconds)
  }

  /** Ends early when woken, also by what came while a round was still running. */
  async function pause(delayMs: number): Promise<void> {
    if (!woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, delayMs)
        endPause = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    woken = false
  }

  function wake(): void {
    woken = true
    endPause()
  }

  return {
    start() {
      bus.onWake(wake)
      bus.onConnect(() => void prepareStream(bus).catch((err: unknown) => log.warn({ err }, 'nats.stream_failed')))
      running = run()
    },
    async stop() {
      stopping = true
      endPause()
      await running
    },
  }
}

/** Sends all, waits for all, and returns those before the first that failed. */
async function publishInOrder(bus: Bus, messages: readonly OutboxMessage[]): Promise<OutboxMessage[]> {
  const results = await Promise.allSettled(messages.map((message) => publishOne(bus, message)))
  const failed = results.findIndex((result) => result.status === 'rejected')
  return messages.slice(0, failed === -1 ? messages.length : failed)
}

function publishOne(bus: Bus, message: OutboxMessage): Promise<void> {
  return inAnchoredSpan(
    `send ${message.type}`,
    {
      anchor: message.traceAnchor,
      kind: SpanKind.PRODUCER,
      links: [message.traceparent],
      attributes: {
        'messaging.system': 'nats',
        'messaging.operation.type': 'send',
        'messaging.operation.name': 'publish',
        'messaging.destination.name': message.type,
        'messaging.message.id': message.eventId,
        'ctrip.event.id': message.eventId,
      },
    },
    () =>
      bus.publish({
        subject: message.type,
        body: message.body,
        eventId: message.eventId,
        traceparent: currentTraceparent() ?? message.traceparent,
      }),
  )
}
