import { rateLimited } from '../metrics'
import { Problem } from './problem'
import { requestWindows } from './request-windows'

const WINDOW_SECONDS = 60
/** What the headers say where there is no limit. */
const UNLIMITED = 1_000_000_000

interface Headed {
  setHeader(name: string, value: string): unknown
}

export interface RateLimit {
  /** Sets the headers to an untouched quota: responses without a key have none of their own. */
  announce(response: Headed): void
  /** Takes one request of the key's quota. */
  take(key: string, response: Headed): Problem | null
}

/** A quota per key and replica; 0 switches it off. Headers: draft-ietf-httpapi-ratelimit-headers. */
export function rateLimit(perMinute: number): RateLimit {
  const quota = perMinute === 0 ? UNLIMITED : perMinute
  const windows = requestWindows({ requests: quota, windowMs: WINDOW_SECONDS * 1000 })
  const policy = `"default";q=${quota};w=${WINDOW_SECONDS}`

  function setHeaders(response: Headed, remaining: number, resetSeconds: number): void {
    response.setHeader('RateLimit-Policy', policy)
    response.setHeader('RateLimit', `"default";r=${remaining};t=${resetSeconds}`)
  }

  return {
    announce: (response) => setHeaders(response, quota, WINDOW_SECONDS),
    take(key, response) {
      if (perMinute === 0) return null
      const { allowed, remaining, resetMs } = windows.take(key)
      const resetSeconds = Math.max(1, Math.ceil(resetMs / 1000))
      setHeaders(response, remaining, resetSeconds)
      if (allowed) return null
      rateLimited.inc({})
      return new Problem(429, 'rate_limited', 'This key or address has used up its requests for now.', {
        headers: { 'Retry-After': String(resetSeconds) },
      })
    },
  }
}
