import type { Logger } from '@ctrip/telemetry/logger'
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection } from 'nats'
import { ensureStream } from './stream'

/** The relay listens here on plain NATS: a hint that the outbox has something, worth nothing if it is lost. */
const WAKE_SUBJECT = 'ctrip.outbox.wake'
const WAKE_DEBOUNCE_MS = 2
const PUBLISH_TIMEOUT_MS = 5_000

export interface BusMessage {
  readonly subject: string
  readonly body: string
  /** Becomes Nats-Msg-Id, by which the server drops copies. */
  readonly eventId: string
  readonly traceparent: string
}

export interface Connected {
  readonly connection: NatsConnection
  readonly js: JetStreamClient
  readonly manager: JetStreamManager
}

/** Our connection to NATS. It is there from the start, connected or not, and keeps trying for ever. */
export interface Bus {
  /** Publishes to JetStream; resolves when the server has stored it. Rejects while NATS is away. */
  publish(message: BusMessage): Promise<void>
  /** Tells the relay that events have been committed. Debounced; does nothing while NATS is away. */
  wakeRelay(): void
  onWake(listener: () => void): void
  /** Called on each connection made, the first and every later one. */
  onConnect(listener: () => void): void
  /** Resolves when NATS answers; rejects while it is away. */
  ping(signal: AbortSignal): Promise<void>
  /** Rejects while there is no connection. */
  connected(): Connected
  close(): Promise<void>
}

export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError'
}

export function connectBus(options: { readonly url: string; readonly name: string; readonly log: Logger }): Bus {
  const { log } = options
  const wakeListeners: (() => void)[] = []
  const connectListeners: (() => void)[] = []
  let current: Connected | null = null
  let closing = false
  let wakeTimer: NodeJS.Timeout | undefined

  const ready = (connection: NatsConnection): void => {
    log.info({ server: connection.getServer() }, 'nats.connected')
    for (const listener of connectListeners) listener()
  }

  async function open(): Promise<void> {
    const connection = await connect({
      servers: options.url,
      name: options.name,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: true,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      pingInterval: 5_000,
      maxPingOut: 2,
      ignoreAuthErrorAbort: true,
    })
    if (closing) return connection.close()
    current = {
      connection,
      js: jetstream(connection, { timeout: PUBLISH_TIMEOUT_MS }),
      manager: await jetstreamManager(connection, { checkAPI: false, timeout: PUBLISH_TIMEOUT_MS }),
    }
    connection.subscribe(WAKE_SUBJECT, {
      callback: () => {
        for (const wake of wakeListeners) wake()
      },
    })
    void watch(connection)
    ready(connection)
  }

  async function watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') log.warn({}, 'nats.disconnected')
      if (status.type === 'reconnect') ready(connection)
    }
  }

  const opened = open().catch((err: unknown) => log.error({ err }, 'nats.connect_failed'))

  const connected = (): Connected => {
    if (current === null || current.connection.isClosed()) throw new NotConnectedError('not connected to NATS')
    return current
  }

  return {
    connected,
    async publish({ subject, body, eventId, traceparent }) {
      const { js } = connected()
      const carried = headers()
      carried.set('traceparent', traceparent)
      await js.publish(subject, body, { msgID: eventId, headers: carried, timeout: PUBLISH_TIMEOUT_MS })
    },
    wakeRelay() {
      wakeTimer ??= setTimeout(() => {
        wakeTimer = undefined
        if (current !== null && !current.connection.isClosed()) current.connection.publish(WAKE_SUBJECT)
      }, WAKE_DEBOUNCE_MS)
    },
    onWake: (listener) => void wakeListeners.push(listener),
    onConnect(listener) {
      connectListeners.push(listener)
      if (current !== null) listener()
    },
    async ping(signal) {
      // First: it throws while there is no connection, and would leave a promise behind that nobody waits for.
      const { connection } = connected()
      const away = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new NotConnectedError('NATS does not answer')), { once: true })
      })
      await Promise.race([connection.flush(), away])
    },
    async close() {
      closing = true
      clearTimeout(wakeTimer)
      if (current === null) return
      await current.connection.close()
      await opened
    },
  }
}

/** Makes the stream where it is missing. */
export async function prepareStream(bus: Bus): Promise<void> {
  await ensureStream(bus.connected().manager)
}
