import type { PermanentKind, RetryableKind } from './error-kinds'

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
 * Errors about a transaction that is sent to a node: geth, erigon, reth, nethermind, besu, nitro, ethermint, anvil, hardhat, ganache.
 * First: their texts are specific, and some of them hold words of the tables below ("transaction type not supported").
 */
const TRANSACTION_TEXTS: readonly (readonly [RegExp, ErrorClass])[] = [
  [
    /already known|known transaction|already imported|already in (the )?(mem)?pool|AlreadyKnown|already exists|tx with same hash/i,
    permanent('already_known'),
  ],
  [
    /nonce (is )?too low|OldNonce|nonce has already been used|invalid sequence|sequence mismatch|doesn't have the correct nonce/i,
    permanent('nonce_too_low'),
  ],
  [
    /(less|lower) than (the )?(block|current|pending)?\s*base ?fee|below (the )?base ?fee|too low for the next block/i,
    permanent('fee_below_base'),
  ],
  [
    /underpriced|too low to (replace|compete)|FeeTooLow|below (the |configured )?minimum|insufficient fee/i,
    permanent('underpriced'),
  ],
  [
    /insufficient (funds|balance)|InsufficientFunds|doesn't have enough funds|upfront cost exceeds/i,
    permanent('insufficient_funds'),
  ],
  [
    /intrinsic gas|exceeds (the )?block gas limit|gas limit (is )?too high|invalid (sender|chain ?id|signature)|wrong chain ?id|type not supported|replay-protected|oversized data|initcode|\brlp\b|gas required exceeds allowance|requires at least \d+ gas/i,
    permanent('rejected'),
  ],
]

/**
 * Errors about a question, of nodes and of hosted providers in front of them. Order matters: the first that fits decides. A plan is named in
 * refusals of many sorts: "timeout on the free plan" is a time-out, "RPS limit of the current plan" is a rate.
 */
const QUESTION_TEXTS: readonly (readonly [RegExp, ErrorClass])[] = [
  // First, since what follows "execution reverted: " are the contract's own words.
  [
    /revert|always failing transaction|vm exception|VM execution error|EVM error|invalid opcode|out of gas|stack (limit|(under|over)flow)|invalid jump/i,
    permanent('execution_reverted'),
  ],
  [
    /rate.?limit|too many requests|requests? limit|(\/|per )(second|sec|minute)\b|RPS limit|quota|compute units|capacity|request (count|rate) exceeded|request units|under too much load|max batch size/i,
    retryable('rate_limited'),
  ],
  // A tracer that takes too long says "execution timeout" or "execution aborted (timeout = 5s)".
  [
    /execution (timeout|aborted)|query timeout|block range|range (is )?too (large|wide)|range limit|range \d+ (exceeds|is bigger than)|requested more than|response (size|is too (big|large)|too large)|returned more than|exceeds max results/i,
    retryable('too_large'),
  ],
  [/request timed? ?out|deadline exceeded|timeout on the free/i, retryable('timeout')],
  [
    /missing trie node|pruned|pruning|historical state|state (0x[0-9a-f]+ )?is not available|state histor|reexec|archive (state|request|node|data)|no historical rpc|no state (available|found)|world state unavailable|state already discarded|proof window|purged for block|old data not available|not reproducible/i,
    retryable('state_pruned'),
  ],
  [
    /(free ?tier|(current|free|your|this) ?(plan|subscription|tier)\b|upgrade (to|your)|paid plan|personal token)|not allowed to access|not enabled for this app|does not have access|rejected due to|must be authenticated|unauthorized|forbidden|can't route your request/i,
    retryable('refused_by_plan'),
  ],
  [
    /method .*not (found|supported|available|allowed|whitelisted|enabled)|unsupported method|does not exist.*not available|unknown method|resource \w+_\w+ is not available/i,
    permanent('method_not_found'),
  ],
  [
    /(header|block|state|transaction|metadata|resource)s?( for hash| with hash)?( 0x[0-9a-f]+)? (is )?not (found|available)|unknown block|could not find block|unfinalized|not yet available|beyond head|after last accepted|cannot be found|indexing is in progress/i,
    retryable('not_ready'),
  ],
]

/** EIP-1474's codes are too few and too freely used to go by where there is a text. */
const CODES: Readonly<Record<number, ErrorClass>> = {
  3: permanent('execution_reverted'),
  35: retryable('refused_by_plan'), // dRPC
  429: retryable('rate_limited'),
  4444: retryable('state_pruned'), // EIP-4444
  [-32001]: retryable('not_ready'),
  [-32004]: permanent('method_not_found'),
  [-32005]: retryable('rate_limited'),
  [-32052]: retryable('refused_by_plan'), // Ankr
  [-32600]: permanent('invalid_request'),
  [-32601]: permanent('method_not_found'),
  [-32602]: permanent('invalid_request'),
  [-32604]: permanent('method_not_found'), // besu
}

const TRACERS = /^(debug|trace)_/

/** Sorts a node's error; one of no known sort is retryable, since giving up on money needs a reason. */
export function classifyNodeError(error: NodeError, method: string): ErrorClass {
  const texts = method === 'eth_sendRawTransaction' ? [...TRANSACTION_TEXTS, ...QUESTION_TEXTS] : byQuestion(method)
  const byText = texts.find(([pattern]) => pattern.test(error.message))
  return byText?.[1] ?? CODES[error.code] ?? retryable('node_error')
}

/**
 * "Archive, Debug and Trace requests are not available on your current plan": of a tracer, the plan lacks the method at any age; of another
 * method, it lacks the old blocks.
 */
function byQuestion(method: string): readonly (readonly [RegExp, ErrorClass])[] {
  const order = [...QUESTION_TEXTS, ...TRANSACTION_TEXTS]
  const plan = /debug (and|or) trace|archival, debug, or trace/i
  return [[plan, retryable(TRACERS.test(method) ? 'refused_by_plan' : 'state_pruned')], ...order]
}

/** The class of an HTTP status whose body is no JSON-RPC error. Null: the provider itself is in trouble. */
export function classifyHttpStatus(status: number): ErrorClass | null {
  switch (status) {
    case 401:
    case 402:
    case 403:
    case 405:
    case 451:
      return retryable('refused_by_plan')
    case 413:
    case 414:
      return retryable('too_large')
    default:
      return null
  }
}
