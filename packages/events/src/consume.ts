import { setTimeout as delay } from 'node:timers/promises'
import { EVENT_TYPES } from '@ctrip/domain/events'
import { type EventId, parseId } from '@ctrip/domain/ids'
import type { Logger } from '@ctrip/telemetry/logger'
import { AckPolicy, type ConsumerMessages, DeliverPolicy, type JsMsg } from '@nats-io/jetstream'
import type { Bus } from './bus'
import { consumerPending, messagesProcessed, messagesRedelivered } from './metrics'
import { ensureStream, isThere, STREAM } from './stream'

export interface EventMessage {
  readonly eventId: EventId
  readonly subject: string
  /** The sender's span, to link to. */
  readonly traceparent: string | null
  /** 1 the first time. */
  readonly deliveries: number
}

export interface ConsumeOptions {
  readonly bus: Bus
  /** The durable name; replicas share it. */
  readonly durable: string
  /** One filter: `payment.confirmed`, or `>` for all. */
  readonly subject: string
  /** The message is acknowledged when this resolves, and redelivered soon when it throws. Delivery is at least once. */
  readonly handle: (message: EventMessage) => Promise<void>
  readonly log: Logger
  readonly maxInFlight?: number
}

const ACK_WAIT_NANOS = 30 * 1e9
const RETRY_DELAY_MS = 1_000
const RESTART_DELAY_MS = 500
const PULL_EXPIRES_MS = 5_000
const PENDING_EVERY_MS = 5_000

/**
 * Consumes events. Only the id of a message is trusted: the handler reads the row, so a publisher on NATS cannot create
 * money. A missing stream or consumer (NATS lost its data) is created again; backstop queries find the events that it held.
 */
export function consumeEvents(options: ConsumeOptions): { start(): void; stop(): Promise<void> } {
  const { bus, durable, log } = options
  const maxInFlight = options.maxInFlight ?? 32
  const inFlight = new Set<Promise<void>>()
  let messages: ConsumerMessages | null = null
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()
  let pendingTimer: NodeJS.Timeout | undefined

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await hear()
      } catch (err) {
        if (!stopping.signal.aborted) log.warn({ err, consumer: durable }, 'nats.consumer_interrupted')
      }
      await delay(RESTART_DELAY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  /** Until the connection or the consumer is lost, or we stop. */
  async function hear(): Promise<void> {
    messages = await subscribe(bus, options, maxInFlight)
    if (stopping.signal.aborted) messages.stop() // the stop came before there was a subscription
    for await (const message of messages) {
      const work = process(message).finally(() => inFlight.delete(work))
      inFlight.add(work)
      if (inFlight.size >= maxInFlight) await Promise.race(inFlight)
    }
  }

  async function process(message: JsMsg): Promise<void> {
    const eventId = parseId('event', message.headers?.get('Nats-Msg-Id') ?? '')
    const deliveries = message.info.deliveryCount
    if (deliveries > 1) messagesRedelivered.inc({})
    const outcome = await handled(message, eventId, deliveries)
    messagesProcessed.inc({ consumer: durable, subject: subjectLabel(message.subject), outcome })
  }

  async function handled(message: JsMsg, eventId: EventId | null, deliveries: number): Promise<string> {
    if (eventId === null) {
      log.warn({ subject: message.subject }, 'nats.message_without_event_id')
      message.term()
      return 'refused'
    }
    try {
      const traceparent = message.headers?.get('traceparent') || null
      await options.handle({ eventId, subject: message.subject, traceparent, deliveries })
      message.ack()
      return 'ok'
    } catch (err) {
      log.error({ err, event_id: eventId, consumer: durable }, 'nats.message_failed')
      // A short delay only, because a delayed message keeps its slot among those in flight.
      message.nak(RETRY_DELAY_MS)
      return 'failed'
    }
  }

  async function reportPending(): Promise<void> {
    const info = await bus.connected().manager.consumers.info(STREAM, durable)
    consumerPending.set({ consumer: durable }, info.num_pending)
  }

  return {
    start() {
      // After a reconnection the server may have neither stream nor consumer: subscribe again instead of waiting for heartbeats.
      bus.onConnect(() => messages?.stop())
      pendingTimer = setInterval(() => {
        reportPending().catch(() => consumerPending.reset()) // NATS away: readiness says so
      }, PENDING_EVERY_MS)
      running = run()
    },
    async stop() {
      stopping.abort()
      clearInterval(pendingTimer)
      messages?.stop() // ends after what has been fetched already
      await running
      await Promise.all(inFlight)
    },
  }
}

async function subscribe(bus: Bus, options: ConsumeOptions, maxInFlight: number): Promise<ConsumerMessages> {
  const { manager, js } = bus.connected()
  await ensureStream(manager)
  const settings = {
    filter_subject: options.subject,
    ack_wait: ACK_WAIT_NANOS,
    max_ack_pending: maxInFlight * 4,
  }
  if (await isThere(manager.consumers.info(STREAM, options.durable)))
    await manager.consumers.update(STREAM, options.durable, settings)
  else
    await manager.consumers.add(STREAM, {
      durable_name: options.durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ...settings,
    })
  const consumer = await js.consumers.get(STREAM, options.durable)
  return consumer.consume({ max_messages: maxInFlight, expires: PULL_EXPIRES_MS, abort_on_missing_resource: true })
}

const SUBJECTS: ReadonlySet<string> = new Set(EVENT_TYPES)

/** Whoever can publish chooses the subject: only those that we publish become labels. */
function subjectLabel(subject: string): string {
  return SUBJECTS.has(subject) ? subject : 'other'
}
