import { types } from 'node:util'
import { errors } from 'undici'
import { DestinationRefusedError, NoAddressError } from './guarded-connector'

/** What the merchant is told: nothing that would map the network behind us. */
export type OutwardError = 'bad_status' | 'unreachable'

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

/** Why no answer came. */
export function reasonOfError(error: unknown): FailureReason {
  if (error instanceof DestinationRefusedError) return 'refused_destination'
  if (error instanceof NoAddressError) return 'dns'
  if (error instanceof errors.HTTPParserError) return 'bad_response'
  const code = types.isNativeError(error) && 'code' in error ? String(error.code) : ''
  if (/^(ERR_(TLS|SSL)|CERT_)/.test(code)) return 'tls'
  return BY_CODE[code] ?? 'reset'
}
