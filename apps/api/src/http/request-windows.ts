import { createHash } from 'node:crypto'

/** Counts requests by key in windows of time. Memory is bounded whatever the keys are, and however many. */
export interface RequestWindows {
  take(key: string): Taken
}

interface Taken {
  readonly allowed: boolean
  readonly remaining: number
  readonly resetMs: number
}

interface Limits {
  readonly requests: number
  readonly windowMs: number
  /** More keys than these in one window share counters. */
  readonly keysMax?: number
}

interface Window {
  readonly endsAt: number
  count: number
}

const KEYS_MAX = 50_000
const SHARED_COUNTERS = 1_024
/** Ids and networks are shorter. A longer key is kept as its hash. */
const KEY_CHARACTERS_MAX = 64

/** A key's window begins with its first request. `now` is a clock in milliseconds that does not go back. */
export function requestWindows(
  { requests, windowMs, keysMax = KEYS_MAX }: Limits,
  now: () => number = () => performance.now(),
): RequestWindows {
  // In the order of their ends: all windows are equally long, and a new one is put last.
  const windows = new Map<string, Window>()

  function forgetEnded(at: number): void {
    for (const [key, { endsAt }] of windows) {
      if (endsAt > at) return
      windows.delete(key)
    }
  }

  function windowOf(key: string, at: number): Window {
    const name = key.length <= KEY_CHARACTERS_MAX ? key : `hash:${digest(key).toString('base64url')}`
    const open = windows.get(name)
    if (open !== undefined) return open
    // Forgetting an open window for a new one would give its key a fresh quota.
    const place = windows.size < keysMax ? name : `shared:${digest(key).readUInt32BE() % SHARED_COUNTERS}`
    const existing = windows.get(place)
    if (existing !== undefined) return existing
    const window = { endsAt: at + windowMs, count: 0 }
    windows.set(place, window)
    return window
  }

  return {
    take(key) {
      const at = now()
      forgetEnded(at)
      const window = windowOf(key, at)
      window.count++
      return {
        allowed: window.count <= requests,
        remaining: Math.max(0, requests - window.count),
        resetMs: window.endsAt - at,
      }
    },
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
