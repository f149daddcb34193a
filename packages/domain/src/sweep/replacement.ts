/** Four blocks of a slow chain (48 s on Ethereum), 20 s on fast ones: long enough for a well-paid transaction to be mined. */
const BLOCKS = 4
const AFTER_MS_MIN = 20_000

export function replaceAfterMs(blockTimeMs: number): number {
  return Math.max(AFTER_MS_MIN, BLOCKS * blockTimeMs)
}

/** Whether a transaction that was last signed at `signedAt` has waited too long for a block. */
export function isOverdue(signedAt: Date, now: Date, blockTimeMs: number): boolean {
  return now.getTime() - signedAt.getTime() >= replaceAfterMs(blockTimeMs)
}

/** Whether a refused transaction may be signed anew: once a block, so that a node that refuses all is not paid ever more. */
export function maySignAgain(signedAt: Date, now: Date, blockTimeMs: number): boolean {
  return now.getTime() - signedAt.getTime() >= blockTimeMs
}

/** The verdict of nodes on a transaction that was sent to them. `notTaken`: all refuse it for now, and not for its price; no pool has it. */
export type NodeVerdict = 'taken' | 'tooCheap' | 'notEnoughCoin' | 'notTaken' | 'refused' | 'unknown'

export interface WaitingState {
  readonly verdict: NodeVerdict | null
  /** All nonces of its account below this one are used. */
  readonly isFirst: boolean
  readonly isOverdue: boolean
  /** One answer to refusals a block: the next block may bring what was missing. */
  readonly maySignAgain: boolean
  /** It was found lately that nothing can be done about it. */
  readonly isResting: boolean
  /** Its cap is below the base fee: no block takes it, whatever comes before it. */
  readonly isBelowMarket: boolean
  /** It is a no-op already. */
  readonly cancels: boolean
}

/**
 * - `raise`: sign it again at what the market asks, an eighth dearer at least.
 * - `raise_refused`: the same, with a tip that a node which refused it may take.
 * - `recost`: read the sender's balance and the cost again, and sign that; never dearer because of it.
 * - `cancel`: use the nonce up with a no-op.
 * - `hold`: do not sign it again: the same bytes are sent with each block until a node takes them. A gap before its nonce is filled still.
 */
export type Reaction = 'leave' | 'raise' | 'raise_refused' | 'recost' | 'cancel' | 'hold'

/**
 * The reaction to a transaction that is not mined. It follows from the reason of a refusal: only a transaction that is too cheap is made dearer.
 * A transaction behind the first of its line is raised only if no block would take it: the rest waits for the first.
 */
export function reactTo(state: WaitingState): Reaction {
  const { verdict, isFirst, isOverdue: overdue, maySignAgain: mayAnswer, isResting, isBelowMarket, cancels } = state
  switch (verdict) {
    case 'tooCheap':
      return mayAnswer && (isFirst || isBelowMarket) ? 'raise_refused' : 'leave'
    case 'notEnoughCoin':
      return isFirst && mayAnswer ? 'recost' : 'leave'
    case 'refused':
      return isFirst && mayAnswer && !cancels ? 'cancel' : 'leave'
    case 'notTaken':
      if (!overdue || isResting) return 'leave'
      return isBelowMarket ? 'raise' : isFirst ? 'hold' : 'leave'
    case 'taken':
    case 'unknown':
    case null:
      return overdue && !isResting && (isFirst || isBelowMarket) ? 'raise' : 'leave'
  }
}
