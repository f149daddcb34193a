import { types } from 'node:util'
import type { ClaimedDelivery } from '@ctrip/db/webhooks/delivery-claims'
import type { Settlement } from '@ctrip/db/webhooks/delivery-settlement'
import { jittered } from '@ctrip/domain/backoff'
import type { WebhookError } from '@ctrip/domain/webhook-errors'
import { errors } from 'undici'
import type { Signal } from './circuit'
import type { EventToDeliver } from './event-cache'
import { DestinationRefusedError, NoAddressError } from './guarded-agent'

const DETAIL_CHARACTERS_MAX = 500
const QUIET_MS_MAX = 3_600_000

/** Decides what follows from an attempt, for the delivery and for its endpoint. `random` is in [0, 1). */
export function settlementOf(
  claimed: ClaimedDelivery,
  attempt: DeliveryAttempt,
  { scheduleSeconds, now, random }: { scheduleSeconds: readonly number[]; now: Date; random: number },
): { settlement: Settlement; signal: Signal } {
  const attempts = claimed.attempts + 1
  const signal = signalOf(claimed, attempt, now)
  const retryInMs = signal.outcome === 'failed' ? nextAttemptInMs(scheduleSeconds, attempts, random) : null
  const settlement: Settlement = {
    ...given(claimed),
    status: signal.outcome === 'delivered' ? 'delivered' : retryInMs === null ? 'dead_lettered' : 'pending',
    dueAt: retryInMs === null ? null : new Date(now.getTime() + Math.max(retryInMs, signal.quietMs ?? 0)),
    attempts,
    attempt: {
      n: attempts,
      at: attempt.at,
      statusCode: attempt.statusCode,
      durationMs: attempt.durationMs,
      error: attempt.error,
      reason: attempt.reason === null ? null : `${attempt.reason}: ${oneLine(attempt.detail ?? '')}`,
      responseBody: attempt.responseBody,
      location: attempt.location,
    },
  }
  return { settlement, signal }
}

/** Gives a delivery back as if it had never been claimed. */
export function givenBack(claimed: ClaimedDelivery, dueAt: Date): Settlement {
  return { ...given(claimed), status: 'pending', dueAt, attempts: claimed.attempts, attempt: null }
}

/** Ends a delivery whose event is gone: its day is over. */
export function discarded(claimed: ClaimedDelivery): Settlement {
  return { ...given(claimed), status: 'discarded', dueAt: null, attempts: claimed.attempts, attempt: null }
}

function given({ id, eventId, leaseToken }: ClaimedDelivery) {
  return { deliveryId: id, eventId, leaseToken }
}

function signalOf(
  { probe }: ClaimedDelivery,
  { reason, statusCode, retryAfterMs }: DeliveryAttempt,
  now: Date,
): Signal {
  if (reason === null) return { at: now, outcome: 'delivered', probe, quietMs: null }
  if (statusCode === 410) return { at: now, outcome: 'gone', probe, quietMs: null }
  const asksForQuiet = (statusCode === 429 || statusCode === 503) && retryAfterMs !== null
  return { at: now, outcome: 'failed', probe, quietMs: asksForQuiet ? Math.min(QUIET_MS_MAX, retryAfterMs) : null }
}

/** Postgres' text holds no NUL, and nobody reads a novel. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').slice(0, DETAIL_CHARACTERS_MAX)
}

/** How the work on a claimed delivery ended. */
export interface DeliveryOutcome {
  readonly claimed: ClaimedDelivery
  readonly settlement: Settlement
  /** Null where no attempt was made. */
  readonly attempted: {
    readonly attempt: DeliveryAttempt
    readonly signal: Signal
    readonly event: EventToDeliver
  } | null
}

/** One request to an endpoint, and its response. */
export interface DeliveryAttempt {
  readonly at: Date
  readonly durationMs: number
  /** Null: no response came. */
  readonly statusCode: number | null
  /** Null: delivered. */
  readonly reason: FailureReason | null
  /** The merchant's word for it. */
  readonly error: WebhookError | null
  /** Exactly what happened, for the operator; null when delivered. */
  readonly detail: string | null
  readonly responseBody: string | null
  /** The target of a redirect, which is not followed. */
  readonly location: string | null
  readonly retryAfterMs: number | null
  /** The attempt's own span. */
  readonly traceparent: string
}

/**
 * Milliseconds until the next attempt after `attempts` have failed, ±20 %; null when the schedule is over. `random` is in
 * [0, 1).
 */
export function nextAttemptInMs(scheduleSeconds: readonly number[], attempts: number, random: number): number | null {
  const seconds = scheduleSeconds[attempts]
  return seconds === undefined ? null : jittered(seconds * 1_000, random)
}

/** The operator's word for what went wrong: a label of metrics, so a short closed list. */
type FailureReason =
  | 'redirect'
  | 'client_error'
  | 'server_error'
  | 'other_status'
  | 'refused_destination'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'reset'
  | 'bad_response'

/** Why a status is no success; null for 2xx. Redirects are never followed. */
export function reasonOfStatus(status: number): FailureReason | null {
  if (status >= 200 && status < 300) return null
  if (status >= 300 && status < 400) return 'redirect'
  if (status >= 400 && status < 500) return 'client_error'
  return status >= 500 && status < 600 ? 'server_error' : 'other_status'
}

const BY_CODE: Readonly<Record<string, FailureReason>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect',
  ECONNREFUSED: 'connect',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  EADDRNOTAVAIL: 'connect',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  UND_ERR_SOCKET: 'reset',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_HEADERS_OVERFLOW: 'bad_response',
  EPROTO: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  UNABLE_TO_GET_ISSUER_CERT: 'tls',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
}

const CERTIFICATE_ERRORS: Readonly<Record<string, WebhookError>> = {
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_not_yet_valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate_wrong_name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate_self_signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate_self_signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate_incomplete',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate_incomplete',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate_incomplete',
}
/** OpenSSL's codes when the peer speaks plain text. */
const NOT_TLS = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'EPROTO'])

/** The merchant's word for a request without a response. */
export function errorOfError(error: unknown): WebhookError {
  const code = codeOf(error)
  const reason = reasonOfError(error)
  switch (reason) {
    case 'refused_destination':
    case 'dns':
      return 'no_public_address'
    case 'connect':
      return code === 'ECONNREFUSED' ? 'connection_refused' : 'unreachable'
    case 'tls':
      if (NOT_TLS.has(code)) return 'not_tls'
      return CERTIFICATE_ERRORS[code] ?? (code.startsWith('CERT_') ? 'certificate_invalid' : 'tls_failed')
    case 'timeout':
    case 'bad_response':
      return reason
    default:
      return 'connection_reset'
  }
}

/** Why no response came. */
export function reasonOfError(error: unknown): FailureReason {
  if (error instanceof DestinationRefusedError) return 'refused_destination'
  if (error instanceof NoAddressError) return 'dns'
  if (error instanceof errors.HTTPParserError) return 'bad_response'
  const code = codeOf(error)
  if (/^(ERR_(TLS|SSL)|CERT_)/.test(code)) return 'tls'
  return BY_CODE[code] ?? 'reset'
}

function codeOf(error: unknown): string {
  return types.isNativeError(error) && 'code' in error ? String(error.code) : ''
}
