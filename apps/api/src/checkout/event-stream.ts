import type { Response } from 'express'

export interface EventStream {
  /** Sends a message; its id is what the browser asks to go on from (`Last-Event-ID`) after a break. */
  send(id: string, json: string): void
  end(): void
}

const RECONNECT_MS = 2_000
/**
 * The page takes a stream that is silent for longer for one that a proxy holds back, and asks by itself (checkout.js). Proxies end
 * silent connections, too: 30 s is the shortest patience seen.
 */
const BEAT_EVERY_MS = 5_000
/** A comment would keep the connection alive as well, but the page's script would not see it. */
const BEAT = 'event: beat\ndata: 1\n\n'
/** Then the browser comes again, perhaps to another replica. */
const LIFETIME_MS = 15 * 60_000
const UNSENT_BYTES_MAX = 256 * 1024

/** Server-sent events (WHATWG HTML §9.2) over one response. `onClose` is called once, however it ends. */
export function openEventStream(response: Response, onClose: () => void): EventStream {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no', // nginx would hold messages back
  })
  const write = (text: string): void => {
    // Who does not read is let go, rather than remembered for.
    if (response.writableLength > UNSENT_BYTES_MAX) response.destroy()
    else if (!response.writableEnded) response.write(text)
  }
  write(`retry: ${RECONNECT_MS}\n\n${BEAT}`)
  const beat = setInterval(() => write(BEAT), BEAT_EVERY_MS)
  const lifetime = setTimeout(() => response.end(), LIFETIME_MS)
  response.once('close', () => {
    clearInterval(beat)
    clearTimeout(lifetime)
    onClose()
  })
  return {
    send: (id, json) => write(`id: ${id}\ndata: ${json}\n\n`), // JSON has no line breaks of its own
    end: () => response.end(),
  }
}
