import { CTripConnectionError, CTripError } from './errors.ts'
import type { Problem } from './generated/openapi.ts'

export interface ClientOptions {
  /** `sk_…`. It can do everything in your name: keep it on the server. */
  readonly apiKey: string
  /** Of your gateway, such as `https://pay.example.com`. */
  readonly baseUrl: string
  /** Further attempts after a failure that may pass: no answer, 429, 5xx. Default: 3. */
  readonly maxRetries?: number
  /** For one attempt. Default: 30,000. */
  readonly timeoutMs?: number
  /** Default: the global one. */
  readonly fetch?: typeof fetch
}

export interface CallOptions {
  /** For POST: the same key never does a thing twice. Default: a new one for each call, the same for its retries. */
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

interface Call extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Relative to `/api/v1`. */
  readonly path: string
  readonly query?: Query | undefined
  readonly body?: unknown
}

export type Send = <Answer>(call: Call) => Promise<Answer>

const RETRIES_MAX = 3
const TIMEOUT_MS = 30_000
const BACKOFF_FIRST_MS = 500
const BACKOFF_MAX_MS = 8_000
/** What a server asks for beyond this is for the caller to wait. */
const RETRY_AFTER_MAX_MS = 60_000

/** Sends calls to the gateway; repeats those that failed in a way that may pass, which is safe: a POST has its key. */
export function httpClient(options: ClientOptions): Send {
  const { maxRetries = RETRIES_MAX } = options

  return async <Answer>(call: Call): Promise<Answer> => {
    const request = toRequest(options, call)
    for (let attempt = 0; ; attempt++) {
      const response = await attemptOnce(options, request, call.signal)
      call.signal?.throwIfAborted()
      if (response instanceof Response && response.ok) return (await response.json()) as Answer
      const pauseMs = attempt < maxRetries ? pauseBefore(attempt, response) : null
      if (pauseMs === null) throw await toError(response)
      if (response instanceof Response) await response.body?.cancel()
      await sleep(pauseMs, call.signal)
    }
  }
}

interface Prepared {
  readonly url: string
  readonly init: RequestInit
}

function toRequest(
  { apiKey, baseUrl }: ClientOptions,
  { method, path, query = {}, body, idempotencyKey }: Call,
): Prepared {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  const headers: Record<string, string> = { authorization: `Bearer ${apiKey}`, accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (method === 'POST') headers['idempotency-key'] = idempotencyKey ?? crypto.randomUUID()
  return {
    url: `${baseUrl.replace(/\/+$/, '')}/api/v1${path}${search.size === 0 ? '' : `?${search}`}`,
    init: { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
  }
}

/** The answer, or why there was none. */
async function attemptOnce(options: ClientOptions, { url, init }: Prepared, signal?: AbortSignal): Promise<unknown> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  try {
    return await (options.fetch ?? fetch)(url, {
      ...init,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
  } catch (error) {
    return error
  }
}

/** Milliseconds to wait before the next attempt; null if another would fail like this one. */
function pauseBefore(attempt: number, response: unknown): number | null {
  const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempt) * (0.5 + Math.random() / 2)
  if (!(response instanceof Response)) return backoffMs
  const asked = response.headers.get('retry-after')
  const { status } = response
  // 409 with Retry-After: the first request with this Idempotency-Key is still being worked on.
  const mayPass = status === 429 || status >= 500 || (status === 409 && asked !== null)
  if (!mayPass) return null
  const askedMs = asked !== null && /^\d+$/.test(asked) ? Number(asked) * 1000 : 0
  return askedMs > RETRY_AFTER_MAX_MS ? null : Math.max(backoffMs, askedMs)
}

async function toError(response: unknown): Promise<Error> {
  if (!(response instanceof Response))
    return new CTripConnectionError('The gateway does not answer', { cause: response })
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') === true
  return new CTripError(response.status, isProblem ? ((await response.json()) as Problem) : null)
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    const abort = (): void => {
      clearTimeout(wake)
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}
