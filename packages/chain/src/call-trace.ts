import type { Address } from '@ctrip/domain/address'
import { type Amount, ZERO } from '@ctrip/domain/amount'
import type { Hash } from '@ctrip/domain/hash'

/** One call of a `callTracer` trace, parsed. */
export interface CallFrame {
  /** The opcode: CALL, CREATE2, SELFDESTRUCT… */
  readonly type: string
  readonly from: Address
  /** Null where a creation failed. */
  readonly to: Address | null
  readonly value: Amount
  readonly reverted: boolean
  readonly calls: readonly CallFrame[]
}

export interface TransactionTrace {
  readonly transactionHash: Hash
  readonly root: CallFrame
}

export interface InternalMove {
  readonly from: Address
  readonly to: Address
  readonly amount: Amount
}

/** DELEGATECALL and CALLCODE show a value, and move none; STATICCALL has none. */
const MOVES_VALUE = new Set(['CALL', 'CREATE', 'CREATE2', 'SELFDESTRUCT'])

/**
 * Native coin moved below the transaction's own call (which counts as native), in order of execution. What a call did is undone
 * when it, or one above it, reverts.
 */
export function internalMoves(root: CallFrame): InternalMove[] {
  return root.reverted ? [] : root.calls.flatMap(movesWithin)
}

function movesWithin(frame: CallFrame): InternalMove[] {
  if (frame.reverted) return []
  const below = frame.calls.flatMap(movesWithin)
  if (!MOVES_VALUE.has(frame.type) || frame.to === null || frame.value === ZERO) return below
  return [{ from: frame.from, to: frame.to, amount: frame.value }, ...below]
}
