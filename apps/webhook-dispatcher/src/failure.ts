import { types } from 'node:util'
import type { WebhookError } from '@ctrip/domain/webhook-errors'
import { errors } from 'undici'
import { DestinationRefusedError, NoAddressError } from './guarded-connector'

/** The operator's word for what went wrong: a label of metrics, so a short closed list. */
export type FailureReason =
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

/** Why no answer came. */
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
