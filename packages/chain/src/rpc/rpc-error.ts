import { ERROR_ACTIONS, type ErrorAction, type ErrorKind, type PermanentKind, type RetryableKind } from './error-kinds'

export interface RpcErrorDetails {
  readonly chain: string
  readonly provider: string
  readonly method: string
  /** The node's own words, scrubbed of what the URL holds. */
  readonly reason: string
  /** The code of the node's JSON-RPC error; none where no such error came. */
  readonly statusCode?: number
}

abstract class RpcError extends Error {
  readonly chain: string
  readonly provider: string
  readonly method: string
  readonly statusCode: number | null
  /** The action to take. */
  readonly action: ErrorAction

  constructor(kind: ErrorKind, details: RpcErrorDetails) {
    super(
      `${details.method} at ${details.chain}/${details.provider}: ${kind}${details.reason && ` (${details.reason})`}`,
    )
    this.chain = details.chain
    this.provider = details.provider
    this.method = details.method
    this.statusCode = details.statusCode ?? null
    this.action = ERROR_ACTIONS[kind]
  }
}

export class RetryableRpcError extends RpcError {
  override readonly name = 'RetryableRpcError'

  constructor(
    readonly kind: RetryableKind,
    details: RpcErrorDetails,
    /** When the provider says it will answer again; null = it did not say. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(kind, details)
  }
}

export class PermanentRpcError extends RpcError {
  override readonly name = 'PermanentRpcError'

  constructor(
    readonly kind: PermanentKind,
    details: RpcErrorDetails,
    /** ABI-encoded revert data, where there is some. */
    readonly data: string | null = null,
  ) {
    super(kind, details)
  }
}
