import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { rateLimited } from '../metrics'
import { Problem } from './problem'

const WINDOW_SECONDS = 60
/** What the headers say where there is no limit. */
const UNLIMITED = 1_000_000_000

interface Headed {
  setHeader(name: string, value: string): unknown
}

export interface RateLimit {
  /** Sets the headers to an untouched quota: answers without a key have none of their own. */
  announce(response: Headed): void
  /** Takes one request of the key's quota. */
  take(key: string, response: Headed): Promise<Problem | null>
}

/** A quota per key and replica; 0 switches it off. Headers: draft-ietf-httpapi-ratelimit-headers. */
export function rateLimit(perMinute: number): RateLimit {
  const quota = perMinute === 0 ? UNLIMITED : perMinute
  const limiter = new RateLimiterMemory({ points: quota, duration: WINDOW_SECONDS })
  const policy = `"default";q=${quota};w=${WINDOW_SECONDS}`

  function tell(response: Headed, remaining: number, resetSeconds: number): void {
    response.setHeader('RateLimit-Policy', policy)
    response.setHeader('RateLimit', `"default";r=${remaining};t=${resetSeconds}`)
  }

  return {
    announce: (response) => tell(response, quota, WINDOW_SECONDS),
    async take(key, response) {
      if (perMinute === 0) return null
      const { left, problem } = await consume(limiter, key)
      tell(response, left.remainingPoints, seconds(left))
      return problem
    },
  }
}

async function consume(limiter: RateLimiterMemory, key: string) {
  try {
    return { left: await limiter.consume(key), problem: null }
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused
    rateLimited.inc({})
    const problem = new Problem(429, 'rate_limited', 'This key has used up its requests for now.', {
      headers: { 'Retry-After': String(seconds(refused)) },
    })
    return { left: refused, problem }
  }
}

function seconds({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1000))
}
