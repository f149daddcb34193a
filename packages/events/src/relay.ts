import type { OutboxEntry } from '@ctrip/domain/events'
import type { EventId } from '@ctrip/domain/ids'
import { type WorkLoop, workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import { currentTraceparent, inAnchoredSpan, SpanKind } from '@ctrip/telemetry/spans'
import { type Bus, prepareStream } from './bus'
import {
  databaseBytes,
  databaseWalRetainedBytes,
  outboxOldestAge,
  outboxPending,
  outboxPublishDuration,
  streamBytes,
  streamBytesLimit,
} from './metrics'
import { streamSize } from './stream'

const BATCH_MAX = 200
const POLL_MS = 250
const BACKOFF = { minMs: 250, maxMs: 1_000 }
const BACKLOG_EVERY_MS = 1_000
const SIZES_EVERY_MS = 30_000
const SIZES_RETRY_MS = 2_000
/** Reported only by the relay that holds the lease. */
const LEADERS_GAUGES = [
  outboxPending,
  outboxOldestAge,
  streamBytes,
  streamBytesLimit,
  databaseBytes,
  databaseWalRetainedBytes,
]

/** The queue of unpublished events. Declared here because the relay knows no database. */
export interface OutboxStore<Lease> {
  read(limit: number): Promise<readonly OutboxEntry[]>
  /** Removes published events. Throws if the lease is no longer held. */
  markPublished(lease: Lease, eventIds: readonly EventId[]): Promise<void>
  backlog(): Promise<{ pending: number; oldestAgeSeconds: number }>
  /** Of the database; what a replication slot holds back of its log. */
  size(): Promise<{ bytes: number; walRetainedBytes: number }>
}

export interface RelayOptions<Lease> {
  readonly store: OutboxStore<Lease>
  readonly bus: Bus
  readonly keeper: { current(): Lease | null }
  readonly log: Logger
}

/**
 * Publishes the outbox in order. If it is killed between publishing and removing, it publishes again: the server drops the
 * duplicate by its id for two minutes, and consumers drop it by their own keys without limit. When a publish fails, later events
 * of the same payment wait for the next round, so events of one payment are published in order.
 */
export function outboxRelay<Lease>(options: RelayOptions<Lease>): Pick<WorkLoop, 'start' | 'stop'> {
  const { bus, log, store, keeper } = options
  const loop = workLoop({ name: 'outbox_relay', intervalMs: POLL_MS, backoff: BACKOFF, log, run: round })
  let reportedAt = 0
  let sizesDueAt = 0

  async function round(): Promise<'idle' | 'more'> {
    const lease = keeper.current()
    if (lease === null) {
      for (const gauge of LEADERS_GAUGES) gauge.reset()
      sizesDueAt = 0
      return 'idle'
    }
    if (Date.now() - reportedAt > BACKLOG_EVERY_MS) await reportBacklog()
    if (Date.now() > sizesDueAt) await reportSizes()
    const messages = await store.read(BATCH_MAX)
    if (messages.length === 0) return 'idle'
    const { published, failure } = await publishInOrder(bus, messages)
    if (published.length > 0) await markPublished(lease, published)
    if (failure === null) return 'more'
    await prepareStream(bus) // the usual cause: NATS came back without its data
    throw failure.reason
  }

  async function markPublished(lease: Lease, published: readonly OutboxEntry[]): Promise<void> {
    await store.markPublished(
      lease,
      published.map(({ eventId }) => eventId),
    )
    for (const { createdAt, traceAnchor } of published)
      outboxPublishDuration.observe({}, Math.max(0, Date.now() - createdAt.getTime()) / 1000, traceAnchor)
  }

  async function reportBacklog(): Promise<void> {
    reportedAt = Date.now()
    const { pending, oldestAgeSeconds } = await store.backlog()
    outboxPending.set({}, pending)
    outboxOldestAge.set({}, oldestAgeSeconds)
  }

  /** A stream that cannot be asked, or is not made yet, has no size: the round continues. */
  async function reportSizes(): Promise<void> {
    sizesDueAt = Date.now() + SIZES_EVERY_MS
    const { bytes, walRetainedBytes } = await store.size()
    databaseBytes.set({}, bytes)
    databaseWalRetainedBytes.set({}, walRetainedBytes)
    try {
      const stream = await streamSize(bus.connected().manager)
      streamBytes.set({}, stream.bytes)
      if (stream.limitBytes === null) streamBytesLimit.reset()
      else streamBytesLimit.set({}, stream.limitBytes)
    } catch (err) {
      log.debug({ err }, 'nats.stream_unread') // readiness reports NATS
      streamBytes.reset()
      streamBytesLimit.reset()
      sizesDueAt = Date.now() + SIZES_RETRY_MS
    }
  }

  return {
    start() {
      bus.onWake(loop.wake)
      bus.onConnect(() => {
        prepareStream(bus).then(loop.wake, (err: unknown) => log.warn({ err }, 'nats.stream_failed'))
      })
      loop.start()
    },
    stop: loop.stop,
  }
}

/** Publishes events of different payments in parallel and events of one payment in order; stops at a payment's first failure. */
async function publishInOrder(bus: Bus, messages: readonly OutboxEntry[]) {
  const acknowledged = new Set<OutboxEntry>()
  const stories = [...Map.groupBy(messages, ({ traceAnchor }) => traceAnchor).values()]
  const results = await Promise.allSettled(
    stories.map(async (story) => {
      for (const message of story) {
        await publishOne(bus, message)
        acknowledged.add(message)
      }
    }),
  )
  return {
    published: messages.filter((message) => acknowledged.has(message)),
    failure: results.find((result) => result.status === 'rejected') ?? null,
  }
}

function publishOne(bus: Bus, message: OutboxEntry): Promise<void> {
  return inAnchoredSpan(
    `publish ${message.type}`,
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
