/** Another try, or another provider, may succeed. */
export type RetryableKind =
  | 'timeout' // no response in time; the request may still have had its effect
  | 'network'
  | 'http_status'
  | 'rate_limited'
  | 'malformed' // not JSON-RPC, or too large
  | 'not_ready' // the node does not have that block or state yet, or calls it by another name
  | 'state_pruned' // the node, or the plan, no longer has a block or state of that age: the same method works for younger ones
  | 'refused_by_plan' // this provider does not serve the method to us: by plan, by key, or by configuration
  | 'too_large' // the response is too large or takes the node too long: smaller questions may do
  | 'node_error' // the node failed in a way of its own
  | 'unavailable' // every provider is paused, cut off or excluded
  | 'unchecked' // this provider has not passed its checks: nothing that it says is used
  | 'unverified' // answers came, and do not add up

/** The same request fails again at this provider. */
export type PermanentKind =
  | 'execution_reverted'
  | 'nonce_too_low'
  | 'already_known'
  | 'underpriced'
  | 'fee_below_base'
  | 'insufficient_funds'
  | 'method_not_found' // by this provider: another one may have it
  | 'invalid_request' // as this provider reads it: another one may read it differently
  | 'rejected' // a transaction that breaks a rule of the chain

export type ErrorKind = RetryableKind | PermanentKind

/** The reaction of the caller to an error. */
export type ErrorAction =
  | 'retry_later' // the same question to the same provider, after a while
  | 'other_provider' // at once; nothing is remembered of this one
  | 'other_method' // other providers first, then another method: this provider lacks this one for a while
  | 'smaller_question' // other providers first, then in parts: one transaction at a time, fewer blocks
  | 'give_up' // every provider says the same: tell the operator, or decide by the answer

export const ERROR_ACTIONS: Readonly<Record<ErrorKind, ErrorAction>> = {
  timeout: 'other_provider',
  network: 'other_provider',
  http_status: 'other_provider',
  rate_limited: 'other_provider',
  malformed: 'other_provider',
  not_ready: 'other_provider',
  state_pruned: 'other_provider',
  refused_by_plan: 'other_method',
  too_large: 'smaller_question',
  node_error: 'other_provider',
  unavailable: 'retry_later',
  unchecked: 'other_provider',
  unverified: 'retry_later',
  execution_reverted: 'give_up',
  nonce_too_low: 'give_up',
  already_known: 'give_up',
  underpriced: 'give_up',
  fee_below_base: 'give_up',
  insufficient_funds: 'give_up',
  method_not_found: 'other_method',
  invalid_request: 'other_provider',
  rejected: 'give_up',
}

/** Whether the same question to another provider may do better. */
export function asksOthers(kind: ErrorKind): boolean {
  return ERROR_ACTIONS[kind] !== 'give_up'
}

/** Whether this provider is known, for a while, not to serve the method at all. */
export function lacksMethod(kind: ErrorKind): boolean {
  return ERROR_ACTIONS[kind] === 'other_method'
}
