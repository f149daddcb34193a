import type { Socket } from 'node:net'
import { Agent, buildConnector, WebSocket } from 'undici'
import type { ProviderConfig } from './chain-config'

const RECONNECT_MIN_MS = 500
const RECONNECT_MAX_MS = 30_000
const SUBSCRIBE = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] })

// A connection that has said nothing for this long is taken for dead: middle boxes drop idle ones without a word.
const SILENCE_BLOCKS = 20
const SILENCE_MS_MIN = 2_000

export interface WatchHeadsOptions {
  readonly providers: readonly ProviderConfig[]
  readonly blockTimeMs: number
  /** Stops the watching. */
  readonly signal: AbortSignal
  /** Called for anything that comes in: a reason to look, never a fact. */
  readonly wake: () => void
}

/**
 * Subscribes to `newHeads` of every provider with a WebSocket, and reconnects for ever. What it hears is only a wake-up: the truth is polled, so that nothing
 * is lost when a connection is. It never throws.
 */
export function watchHeads(options: WatchHeadsOptions): void {
  for (const provider of options.providers) {
    if (provider.ws !== null) connect(provider.ws.reveal(), RECONNECT_MIN_MS, options)
  }
}

function connect(url: URL, reconnectMs: number, options: WatchHeadsOptions): void {
  if (options.signal.aborted) return
  const { socket, cut } = openSocket(url)
  const silence = setTimeout(end, SILENCE_MS_MIN + options.blockTimeMs * SILENCE_BLOCKS)
  let nextReconnectMs = Math.min(reconnectMs * 2, RECONNECT_MAX_MS)
  let ended = false

  function end(): void {
    if (ended) return
    ended = true
    clearTimeout(silence)
    options.signal.removeEventListener('abort', end)
    cut()
    setTimeout(() => connect(url, nextReconnectMs, options), reconnectMs).unref()
  }

  options.signal.addEventListener('abort', end, { once: true })
  socket.addEventListener('open', () => socket.send(SUBSCRIBE))
  socket.addEventListener('message', () => {
    if (ended) return
    nextReconnectMs = RECONNECT_MIN_MS
    silence.refresh()
    options.wake()
  })
  // An `error` is always followed by `close`; its text is not looked at, it would name the URL.
  socket.addEventListener('close', end)
}

/** A WebSocket, and how to end it at once: `close()` waits for the other side's answer, which a dead one never gives. */
function openSocket(url: URL): { readonly socket: WebSocket; readonly cut: () => void } {
  const connector = buildConnector({})
  let connection: Socket | null = null
  const dispatcher = new Agent({
    connect(options, callback) {
      connector(options, (...outcome) => {
        connection = outcome[1]
        callback(...outcome)
      })
    },
  })
  const socket = new WebSocket(url, { dispatcher })
  const cut = () => {
    socket.close()
    connection?.destroy()
    void dispatcher.destroy()
  }
  return { socket, cut }
}
