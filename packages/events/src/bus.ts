import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@ctrip/telemetry/logger'
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { type ConnectionOptions, connect, headers, type NatsConnection } from 'nats'
import { ensureStream } from './stream'

/** The relay listens here on plain NATS. A message is a hint that the outbox has rows; losing one does no harm. */
const WAKE_SUBJECT = 'ctrip.outbox.wake'
const WAKE_DEBOUNCE_MS = 2
const PUBLISH_TIMEOUT_MS = 5_000
const CONNECT_TIMEOUT_MS = 5_000
const RECONNECT_WAIT_MS = 250

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

/** Our connection to NATS. It exists from the start, connected or not, and reconnects without limit. */
export interface Bus {
  /** Publishes to JetStream; resolves when the server has stored it. Rejects while NATS is away. */
  publish(message: BusMessage): Promise<void>
  /** Wakes the relay after events have been committed. Debounced; does nothing while NATS is away. */
  wakeRelay(): void
  onWake(listener: () => void): void
  /** Called on each connection made, the first and every later one. */
  onConnect(listener: () => void): void
  /** Resolves when NATS responds and has our stream; rejects while it is away, or refuses to make the stream. */
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
  const closing = new AbortController()
  let wakeTimer: NodeJS.Timeout | undefined

  const ready = (connection: NatsConnection): void => {
    log.info({ server: connection.getServer() }, 'nats.connected')
    for (const listener of connectListeners) listener()
  }

  /** A timeout of our own, because the library's cannot be interrupted. */
  async function connectPatiently(): Promise<NatsConnection | null> {
    for (let attempt = 1; !closing.signal.aborted; attempt++) {
      try {
        return await connect(connectionOptions(options))
      } catch (err) {
        if (attempt === 1) log.warn({ err }, 'nats.connect_failed')
        await delay(RECONNECT_WAIT_MS, undefined, { signal: closing.signal }).catch(() => undefined)
      }
    }
    return null
  }

  async function open(): Promise<void> {
    const connection = await connectPatiently()
    if (connection === null) return
    if (closing.signal.aborted) return connection.close()
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

  const opened = open()

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
      // First, because it throws while there is no connection: later it would leave a promise that nobody awaits.
      const { connection, manager } = connected()
      const away = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new NotConnectedError('NATS does not answer')), { once: true })
      })
      const usable = connection.flush().then(() => ensureStream(manager))
      // Abandoned by the race when the signal aborts.
      usable.catch(() => undefined)
      await Promise.race([usable, away])
    },
    async close() {
      closing.abort()
      clearTimeout(wakeTimer)
      await opened
      await current?.connection.close()
    },
  }
}

function connectionOptions({ url, name }: { readonly url: string; readonly name: string }): ConnectionOptions {
  // The client ignores credentials in the URL, and parses a password that begins with a digit as the port.
  const server = new URL(url)
  const { username, password } = server
  Object.assign(server, { username: '', password: '' })
  return {
    servers: server.toString(),
    name,
    ...(username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_WAIT_MS,
    pingInterval: 5_000,
    maxPingOut: 2,
    ignoreAuthErrorAbort: true,
  }
}

/** Creates the stream if it is missing. */
export async function prepareStream(bus: Bus): Promise<void> {
  await ensureStream(bus.connected().manager)
}
