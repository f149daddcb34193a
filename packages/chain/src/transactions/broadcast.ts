import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import { getBytes, keccak256 } from 'ethers'
import type { Hex } from '../hex'
import type { PermanentKind } from '../rpc/error-kinds'
import type { EachAnswer, RpcPool } from '../rpc/rpc-pool'

export type BroadcastOutcome =
  | 'accepted'
  | 'alreadyKnown'
  | 'nonceTooLow' // this transaction, or another of that nonce, is mined
  | 'underpriced'
  | 'insufficientFunds'
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
  'insufficientFunds',
  'rejected',
]

const BY_KIND: Readonly<Record<PermanentKind, BroadcastOutcome>> = {
  already_known: 'alreadyKnown',
  nonce_too_low: 'nonceTooLow',
  underpriced: 'underpriced',
  fee_below_base: 'underpriced',
  insufficient_funds: 'insufficientFunds',
  execution_reverted: 'rejected',
  invalid_request: 'rejected',
  rejected: 'rejected',
  method_not_found: 'unknown',
}

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

/** The hash that these bytes will be mined under. */
export function transactionHash(raw: Hex): Hash {
  return hashFromBytes(getBytes(keccak256(raw)))
}

function outcomeOf(answer: EachAnswer): BroadcastOutcome {
  if (answer.ok) return 'accepted'
  return answer.error.name === 'PermanentRpcError' ? BY_KIND[answer.error.kind] : 'unknown'
}
