import { randomBytes } from 'node:crypto'
import type { OutboxEntry } from '@ctrip/domain/events'
import { type EventId, newId } from '@ctrip/domain/ids'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { createLogger, type Logger } from '@ctrip/telemetry/logger'
import type { JetStreamManager } from '@nats-io/jetstream'
import { type Bus, connectBus } from '../src/bus'
import type { OutboxStore } from '../src/relay'
import { STREAM } from '../src/stream'

const PATIENCE_MS = 20_000

/** Waits until a condition holds. The limit is generous, because duration is not tested. */
export const until = (what: string, probe: () => boolean | Promise<boolean>): Promise<void> =>
  waitUntil(what, PATIENCE_MS, async () => probe())

/** A real logger that keeps its lines. */
export function keptLog(): { log: Logger; lines: () => Record<string, unknown>[] } {
  const written: string[] = []
  const log = createLogger({ service: 'test', level: 'debug' }, { write: (line) => void written.push(line) })
  return { log, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

export async function connectedBus(url: string, log: Logger = keptLog().log): Promise<Bus> {
  const bus = connectBus({ url, name: 'test', log })
  await new Promise<void>((resolve) => bus.onConnect(resolve))
  return bus
}

/** An event of the payment that `anchor` belongs to. */
export function someMessage(changes: Partial<OutboxEntry> = {}): OutboxEntry {
  const eventId = newId('event')
  return {
    eventId,
    type: 'payment.detected',
    body: JSON.stringify({ id: eventId }),
    traceAnchor: someTraceparent(),
    traceparent: someTraceparent(),
    createdAt: new Date(),
    ...changes,
  }
}

export function someTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
}

/** An outbox in memory, because the relay knows no database. */
export class MemoryOutbox implements OutboxStore<string> {
  readonly marked: { readonly lease: string; readonly eventIds: readonly EventId[] }[] = []
  #waiting: readonly OutboxEntry[]

  constructor(...messages: readonly OutboxEntry[]) {
    this.#waiting = messages
  }

  add(...messages: readonly OutboxEntry[]): void {
    this.#waiting = [...this.#waiting, ...messages]
  }

  isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  async read(limit: number): Promise<readonly OutboxEntry[]> {
    return this.#waiting.slice(0, limit)
  }

  async markPublished(lease: string, eventIds: readonly EventId[]): Promise<void> {
    this.marked.push({ lease, eventIds })
    this.#waiting = this.#waiting.filter(({ eventId }) => !eventIds.includes(eventId))
  }

  async backlog(): Promise<{ pending: number; oldestAgeSeconds: number }> {
    return { pending: this.#waiting.length, oldestAgeSeconds: 0 }
  }

  async size(): Promise<{ bytes: number; walRetainedBytes: number }> {
    return { bytes: 8_000_000, walRetainedBytes: 0 }
  }
}

export interface Stored {
  readonly subject: string
  readonly eventId: string
  readonly traceparent: string
  readonly body: string
}

/** All messages of the stream, in order. */
export async function stored(manager: JetStreamManager): Promise<Stored[]> {
  const { state } = await manager.streams.info(STREAM)
  const messages: Stored[] = []
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage(STREAM, { seq })
    if (message === null) continue
    messages.push({
      subject: message.subject,
      eventId: message.header.get('Nats-Msg-Id'),
      traceparent: message.header.get('traceparent'),
      body: message.string(),
    })
  }
  return messages
}
