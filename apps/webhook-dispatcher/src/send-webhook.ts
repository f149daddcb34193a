import type { Dispatcher } from 'undici'

export interface WebhookRequest {
  readonly url: URL
  readonly headers: Record<string, string>
  readonly body: Buffer
  /** Gives the request up from outside. */
  readonly signal: AbortSignal
}

export interface WebhookAnswer {
  readonly statusCode: number
  /** The beginning of the body, of answers other than 2xx. */
  readonly responseBody: string | null
  /** Of a redirect. */
  readonly location: string | null
  readonly retryAfterMs: number | null
}

/** From before the name is resolved to the end of the answer. */
export const TOTAL_TIMEOUT_MS = 15_000
export const ANSWER_BYTES_MAX = 16 * 1024
const LOCATION_CHARACTERS_MAX = 2_048
/** The status has decided; the rest of the answer is waited for only so that its connection can be used again. */
const BODY_TIMEOUT_MS = 1_000

class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT'
}

/** Sends one POST and reads the answer, within bounds of time and memory. Rejects when no status came. */
export async function sendWebhook(dispatcher: Dispatcher, request: WebhookRequest): Promise<WebhookAnswer> {
  // One controller and one timer: AbortSignal.any and .timeout cost more than the signature.
  const abort = new AbortController()
  const giveUp = () => abort.abort(request.signal.reason)
  request.signal.addEventListener('abort', giveUp, { once: true })
  const timer = setTimeout(() => abort.abort(new TimeoutError(`no answer in ${TOTAL_TIMEOUT_MS} ms`)), TOTAL_TIMEOUT_MS)
  try {
    const answer = await dispatcher.request({
      origin: request.url.origin,
      path: `${request.url.pathname}${request.url.search}`,
      method: 'POST',
      headers: request.headers,
      body: request.body,
      signal: abort.signal,
    })
    return await readAnswer(answer)
  } finally {
    clearTimeout(timer)
    request.signal.removeEventListener('abort', giveUp)
  }
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<WebhookAnswer> {
  const failed = statusCode < 200 || statusCode >= 300
  const text = await readBeginning(body)
  return {
    statusCode,
    responseBody: failed ? text : null,
    location: statusCode >= 300 && statusCode < 400 ? locationOf(headers['location']) : null,
    retryAfterMs: failed ? retryAfterMs(headers['retry-after'], Date.now()) : null,
  }
}

function locationOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string'
    ? header.replace(/[^\x20-\x7e]+/g, '\uFFFD').slice(0, LOCATION_CHARACTERS_MAX)
    : null
}

/** At most 16 KiB, for at most a second; what breaks off ends there. A body that goes on costs its connection. */
async function readBeginning(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  const timer = setTimeout(() => body.destroy(), BODY_TIMEOUT_MS)
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= ANSWER_BYTES_MAX) break // leaving the loop destroys the body
    }
  } catch {
    // Cut off, by the other side or by our timer: the status stands, and so does what was read.
  } finally {
    clearTimeout(timer)
  }
  // Postgres' text holds no NUL.
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8').replaceAll('\0', '\uFFFD')
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3); null if it is neither. */
export function retryAfterMs(header: string | string[] | undefined, now: number): number | null {
  if (typeof header !== 'string') return null
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000
  const date = /^[A-Z][a-z]{2},? /.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}
