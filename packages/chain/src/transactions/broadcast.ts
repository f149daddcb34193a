import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import { getBytes, keccak256 } from 'ethers'
import type { Hex } from '../hex'
import type { ErrorKind } from '../rpc/error-kinds'
import type { EachAnswer, RpcPool } from '../rpc/rpc-pool'

export type BroadcastOutcome =
  | 'accepted'
  | 'alreadyKnown'
  | 'nonceTooLow' // this transaction, or another of that nonce, is mined
  | 'underpriced' // the tip is too low, or too little more than that of the transaction it is to replace
  | 'feeBelowBase' // the cap is below the base fee
  | 'insufficientFunds'
  | 'notTaken' // the node answered that it does not take it now, and not because of its price: it is not in that node's pool
  | 'rejected' // breaks a rule of the chain: sent again, it fails again
  | 'unknown' // it may have arrived: never sign anew because of this

export interface Broadcast {
  readonly outcome: BroadcastOutcome
  readonly answers: readonly {
    readonly provider: string
    readonly outcome: BroadcastOutcome
    readonly reason: string
  }[]
}

const TIMEOUT_MS = 10_000

/** The best news first. One node that has it is enough; and `unknown` outweighs a refusal, since it may hide an acceptance. */
const PRECEDENCE: readonly BroadcastOutcome[] = [
  'accepted',
  'alreadyKnown',
  'nonceTooLow',
  'unknown',
  'underpriced',
  'feeBelowBase',
  'insufficientFunds',
  'notTaken',
  'rejected',
]

const BY_KIND: Readonly<Record<ErrorKind, BroadcastOutcome>> = {
  already_known: 'alreadyKnown',
  nonce_too_low: 'nonceTooLow',
  underpriced: 'underpriced',
  fee_below_base: 'feeBelowBase',
  insufficient_funds: 'insufficientFunds',
  execution_reverted: 'rejected',
  invalid_request: 'rejected',
  rejected: 'rejected',
  method_not_found: 'notTaken',
  not_ready: 'notTaken',
  refused_by_plan: 'notTaken',
  node_error: 'notTaken',
  // No answer about the transaction: this node may have it, from now or from before.
  timeout: 'unknown',
  network: 'unknown',
  http_status: 'unknown',
  rate_limited: 'unknown',
  malformed: 'unknown',
  state_pruned: 'unknown',
  too_large: 'unknown',
  unavailable: 'unknown',
  unchecked: 'unknown',
  unverified: 'unknown',
}

// A refusal in words that we do not know may still be about the price: "gas price too small".
const PRICE_TOO_LOW = /(price|fee|tip)\b.*\b(low|lower|small|less|below|minimum)\b/i

/**
 * Sends a signed transaction to every provider. Call it as often as you like with the same bytes: there is only one
 * such transaction. Never throws for what a provider does; the reasons are in `answers`.
 */
export async function broadcast(pool: RpcPool, raw: Hex, signal?: AbortSignal): Promise<Broadcast> {
  const answers = (await pool.each('eth_sendRawTransaction', [raw], { signal, timeoutMs: TIMEOUT_MS })).map(
    (answer) => ({
      provider: answer.provider,
      outcome: outcomeOf(answer),
      reason: answer.ok ? '' : answer.error.message,
    }),
  )
  return { outcome: bestOutcome(answers.map(({ outcome }) => outcome)), answers }
}

export function bestOutcome(outcomes: readonly BroadcastOutcome[]): BroadcastOutcome {
  return PRECEDENCE.find((outcome) => outcomes.includes(outcome)) ?? 'unknown'
}

/** The tip that a node asks for where it refused a lower one, in wei; null where none says. The most modest of them: one node is enough. */
export function neededTip({ answers }: Broadcast): bigint | null {
  const tips = answers.flatMap(({ outcome, reason }) => {
    const [, digits] = (outcome === 'underpriced' ? NEEDED_TIP.exec(reason) : null) ?? []
    return digits === undefined ? [] : [BigInt(digits)]
  })
  return tips.reduce<bigint | null>((least, tip) => (least === null || tip < least ? tip : least), null)
}

/** Whether all nodes that found it too cheap compare it with the transaction that it is to replace, and ask for no higher tip. */
export function isRefusedAsReplacement({ answers }: Broadcast): boolean {
  const tooCheap = answers.filter(({ outcome }) => outcome === 'underpriced')
  return tooCheap.length > 0 && tooCheap.every(({ reason }) => /replac/i.test(reason))
}

/** The shortfall of a sender in wei, as nodes state it that refused for that reason; 0 where none says. The least of them: one node is enough. */
export function shortfallOf({ answers }: Broadcast): bigint {
  const lacks = answers.flatMap(({ outcome, reason }) => {
    if (outcome !== 'insufficientFunds') return []
    const [, overshot, have, want] = SHORTFALL.exec(reason) ?? []
    if (overshot !== undefined) return [BigInt(overshot)]
    return have === undefined || want === undefined ? [] : [BigInt(want) - BigInt(have)]
  })
  const [least = 0n] = lacks.filter((wei) => wei > 0n).sort((a, b) => (a < b ? -1 : 1))
  return least
}

// geth's pool: "insufficient funds for gas * price + value: balance 5, tx cost 7, overshot 2"; its state transition: "… have 5 want 7".
const SHORTFALL = /overshot (\d{1,30})\b|have (\d{1,30}) want (\d{1,30})\b/

// geth: "transaction gas price below minimum: gas tip cap 1, minimum needed 1000000"; before 1.14 "tip needed 1000000, tip permitted 1".
const NEEDED_TIP = /(?:minimum|tip) needed:? (\d{1,30})\b/

/** The hash that these bytes will be mined under. */
export function transactionHash(raw: Hex): Hash {
  return hashFromBytes(getBytes(keccak256(raw)))
}

function outcomeOf(answer: EachAnswer): BroadcastOutcome {
  if (answer.ok) return 'accepted'
  const outcome = BY_KIND[answer.error.kind]
  return outcome === 'notTaken' && PRICE_TOO_LOW.test(answer.error.message) ? 'unknown' : outcome
}
