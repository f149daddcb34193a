import { CTripAnswerError, CTripConnectionError, CTripError } from './errors.ts'
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

/**
 * Sends calls to the gateway; repeats those that failed in a way that may pass, which is safe: a POST has its key. Throws a TypeError at
 * once where the options cannot be right.
 */
export function httpClient(options: ClientOptions): Send {
  checkOptions(options)
  const { maxRetries = RETRIES_MAX } = options

  return async <Answer>(call: Call): Promise<Answer> => {
    const request = toRequest(options, call)
    for (let attempt = 0; ; attempt++) {
      const outcome = await attemptOnce(options, request, call.signal)
      call.signal?.throwIfAborted()
      if (isAnswer(outcome)) {
        if (outcome.response.ok) return parse<Answer>(outcome)
        if (attempt > 0 && isGone(call, outcome)) return deleted(call) as Answer
      }
      const pauseMs = attempt < maxRetries ? pauseBefore(attempt, outcome) : null
      if (pauseMs === null) throw toError(outcome)
      await sleep(pauseMs, call.signal)
    }
  }
}

function checkOptions({ apiKey, baseUrl, maxRetries = RETRIES_MAX, timeoutMs = TIMEOUT_MS }: ClientOptions): void {
  if (typeof apiKey !== 'string' || !/^\S+$/.test(apiKey))
    throw new TypeError('apiKey is missing: give your sk_… key, from an environment variable that is set')
  if (typeof baseUrl !== 'string' || !/^https?:\/\/[^/]/.test(baseUrl))
    throw new TypeError("baseUrl must be your gateway's address, such as https://pay.example.com")
  if (/\/api\/v1\/*$/.test(baseUrl)) throw new TypeError('baseUrl must end before /api/v1')
  if (!Number.isInteger(maxRetries) || maxRetries < 0)
    throw new TypeError('maxRetries must be a whole number from 0 on')
  if (!(timeoutMs > 0)) throw new TypeError('timeoutMs must be above 0')
}

/** A response with its complete body. */
interface WholeAnswer {
  readonly response: Response
  readonly text: string
}

function isAnswer(outcome: unknown): outcome is WholeAnswer {
  return typeof outcome === 'object' && outcome !== null && 'response' in outcome
}

function parse<Answer>({ response, text }: WholeAnswer): Answer {
  try {
    return JSON.parse(text) as Answer
  } catch (cause) {
    throw new CTripAnswerError(response.status, response.headers.get('content-type'), { cause })
  }
}

/** A repeated DELETE whose first response was lost finds nothing more to delete: it has succeeded. */
function isGone({ method }: Call, { response }: WholeAnswer): boolean {
  return method === 'DELETE' && response.status === 404
}

function deleted({ path }: Call): { id: string; deleted: true } {
  return { id: decodeURIComponent(path.slice(path.lastIndexOf('/') + 1)), deleted: true }
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

/** The response with its body, or the failure: a body cut short is a failure. */
async function attemptOnce(
  options: ClientOptions,
  { url, init }: Prepared,
  signal?: AbortSignal,
): Promise<WholeAnswer | { readonly failure: unknown }> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  try {
    const response = await (options.fetch ?? fetch)(url, {
      ...init,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
    return { response, text: await response.text() }
  } catch (failure) {
    return { failure }
  }
}

/** Milliseconds to wait before the next attempt; null if another would fail like this one. */
function pauseBefore(attempt: number, outcome: unknown): number | null {
  const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempt) * (0.5 + Math.random() / 2)
  if (!isAnswer(outcome)) return backoffMs
  const { status, headers } = outcome.response
  const asked = headers.get('retry-after')
  // 409 with Retry-After: the first request with this Idempotency-Key is still being worked on.
  const mayPass = status === 429 || status >= 500 || (status === 409 && asked !== null)
  if (!mayPass) return null
  const askedMs = asked === null ? 0 : retryAfterMs(asked)
  return askedMs > RETRY_AFTER_MAX_MS ? null : Math.max(backoffMs, askedMs)
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3); 0 for anything else. */
function retryAfterMs(header: string): number {
  if (/^\d+$/.test(header)) return Number(header) * 1_000
  const date = Date.parse(header)
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now())
}

function toError(outcome: WholeAnswer | { readonly failure: unknown }): Error {
  if (!isAnswer(outcome)) return new CTripConnectionError('The gateway does not answer', { cause: outcome.failure })
  const { response, text } = outcome
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') === true
  return new CTripError(response.status, isProblem ? parse<Problem>({ response, text }) : null)
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
