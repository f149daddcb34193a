import type { ProviderConfig } from './chain-config'

const RECONNECT_MIN_MS = 500
const RECONNECT_MAX_MS = 30_000
const SUBSCRIBE = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] })

/** When a connection that says nothing is taken for dead: NATs drop idle ones without a word. */
const SILENCE_BLOCKS = 10
const SILENCE_MS_MIN = 30_000

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
  const silenceMs = Math.max(SILENCE_MS_MIN, options.blockTimeMs * SILENCE_BLOCKS)
  const socket = new WebSocket(url)
  const stop = () => socket.close()
  let nextReconnectMs = Math.min(reconnectMs * 2, RECONNECT_MAX_MS)
  const silence = setTimeout(stop, silenceMs)
  options.signal.addEventListener('abort', stop, { once: true })
  socket.addEventListener('open', () => socket.send(SUBSCRIBE))
  socket.addEventListener('message', () => {
    nextReconnectMs = RECONNECT_MIN_MS
    silence.refresh()
    options.wake()
  })
  // An `error` is always followed by `close`; its text is not looked at, it would name the URL.
  socket.addEventListener('close', () => {
    clearTimeout(silence)
    options.signal.removeEventListener('abort', stop)
    const retry = setTimeout(() => connect(url, nextReconnectMs, options), reconnectMs)
    retry.unref()
  })
}
