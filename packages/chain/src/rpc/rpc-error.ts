/** Another try, or another provider, may succeed. */
export type RetryableKind =
  | 'timeout' // no answer in time; the request may still have had its effect
  | 'network'
  | 'http_status'
  | 'rate_limited'
  | 'malformed' // not JSON-RPC, or too large
  | 'not_ready' // the node does not have that block or state (yet, or any more)
  | 'node_error' // the node failed in a way of its own
  | 'unavailable' // every provider is paused or cut off
  | 'unverified' // answers came, and do not add up

/** The same request fails again, whoever is asked. */
export type PermanentKind =
  | 'execution_reverted'
  | 'nonce_too_low'
  | 'already_known'
  | 'underpriced'
  | 'fee_below_base'
  | 'insufficient_funds'
  | 'method_not_found' // by this provider: another one may have it
  | 'invalid_request'
  | 'rejected' // a transaction that breaks a rule of the chain

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

  constructor(kind: string, details: RpcErrorDetails) {
    super(
      `${details.method} at ${details.chain}/${details.provider}: ${kind}${details.reason && ` (${details.reason})`}`,
    )
    this.chain = details.chain
    this.provider = details.provider
    this.method = details.method
    this.statusCode = details.statusCode ?? null
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
