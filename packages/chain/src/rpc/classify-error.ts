import type { PermanentKind, RetryableKind } from './rpc-error'

/** The `error` member of a JSON-RPC 2.0 answer. */
export interface NodeError {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

export type ErrorClass =
  | { readonly retryable: true; readonly kind: RetryableKind }
  | { readonly retryable: false; readonly kind: PermanentKind }

const retryable = (kind: RetryableKind): ErrorClass => ({ retryable: true, kind })
const permanent = (kind: PermanentKind): ErrorClass => ({ retryable: false, kind })

/**
 * Texts of geth, erigon, reth, nethermind, besu, anvil, ethermint, and of hosted providers in front of them. EIP-1474's codes are too few and
 * too freely used to go by. Order matters: the first that fits decides.
 */
const TEXTS: readonly (readonly [RegExp, ErrorClass])[] = [
  [
    /already known|known transaction|already imported|already in (the )?(mem)?pool|AlreadyKnown|already exists/i,
    permanent('already_known'),
  ],
  [
    /nonce (is )?too low|OldNonce|nonce has already been used|invalid sequence|sequence mismatch/i,
    permanent('nonce_too_low'),
  ],
  [
    /underpriced|too low to (replace|compete)|FeeTooLow|below (the )?minimum|insufficient fee/i,
    permanent('underpriced'),
  ],
  [
    /(less|lower) than (the )?(block|current|pending)?\s*base ?fee|below (the )?base ?fee/i,
    permanent('fee_below_base'),
  ],
  [/insufficient (funds|balance)|InsufficientFunds|doesn't have enough funds/i, permanent('insufficient_funds')],
  [/revert|always failing transaction|vm exception|invalid opcode/i, permanent('execution_reverted')],
  [
    /rate.?limit|too many requests|requests? limit|per second|quota|compute units|capacity|request count exceeded/i,
    retryable('rate_limited'),
  ],
  [
    /(header|block|state|trie node|resource)s? (is )?not (found|available)|unknown block|missing trie node|could not find block|pruned|unfinalized|not yet available/i,
    retryable('not_ready'),
  ],
  [
    /method .*not (found|supported|available|allowed|whitelisted)|unsupported method|does not exist.*not available|unknown method/i,
    permanent('method_not_found'),
  ],
  [
    /intrinsic gas|exceeds (the )?block gas limit|gas limit (is )?too high|invalid (sender|chain ?id|signature)|type not supported|replay-protected|oversized data|initcode|rlp|gas required exceeds allowance/i,
    permanent('rejected'),
  ],
]

const CODES: Readonly<Record<number, ErrorClass>> = {
  3: permanent('execution_reverted'),
  429: retryable('rate_limited'),
  [-32001]: retryable('not_ready'),
  [-32004]: permanent('method_not_found'),
  [-32005]: retryable('rate_limited'),
  [-32600]: permanent('invalid_request'),
  [-32601]: permanent('method_not_found'),
  [-32602]: permanent('invalid_request'),
}

/** Sorts a node's error; one of no known sort is retryable, since giving up on money needs a reason. */
export function classifyNodeError(error: NodeError): ErrorClass {
  const byText = TEXTS.find(([pattern]) => pattern.test(error.message))
  return byText?.[1] ?? CODES[error.code] ?? retryable('node_error')
}
