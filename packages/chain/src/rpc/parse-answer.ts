import type { NodeError } from './classify-error'

const RETRY_AFTER_MS_MAX = 60_000

export type ParsedAnswer =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: NodeError }
  | { readonly kind: 'malformed'; readonly reason: string }

/** Reads a JSON-RPC 2.0 answer to the request with this id. */
export function parseAnswer(body: string, id: number): ParsedAnswer {
  let answer: unknown
  try {
    answer = JSON.parse(body)
  } catch {
    return { kind: 'malformed', reason: 'not JSON' }
  }
  if (typeof answer !== 'object' || answer === null) return { kind: 'malformed', reason: 'not an object' }
  if ('error' in answer && answer.error !== null && answer.error !== undefined)
    return { kind: 'error', error: nodeError(answer.error) }
  // Errors may come without our id (the request could not be read); a result may not.
  if (!('id' in answer) || answer.id !== id) return { kind: 'malformed', reason: 'the answer to another request' }
  if (!('result' in answer)) return { kind: 'malformed', reason: 'neither result nor error' }
  return { kind: 'result', result: answer.result }
}

function nodeError(error: unknown): NodeError {
  if (typeof error !== 'object' || error === null) return { code: 0, message: String(error) }
  const { code, message, data } = error as Record<string, unknown>
  return { code: typeof code === 'number' ? code : 0, message: typeof message === 'string' ? message : '', data }
}

/** `Retry-After` (RFC 9110 §10.2.3): seconds or a date. At most a minute: a provider's mistake must not switch it off for a day. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), RETRY_AFTER_MS_MAX) : null
}
