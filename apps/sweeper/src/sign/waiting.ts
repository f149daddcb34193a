import { type DecodedTransaction, decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Attempt, Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import type { Sent } from '../context/round'

/** A transaction that is signed and not mined. */
export interface Waiting {
  /** Null where none needs it any more, or ever did: its nonce must be used still. */
  readonly sweep: Sweep | null
  readonly transaction: SweepTransaction
  readonly newest: Attempt
  readonly signed: DecodedTransaction
  /** Null where it was not sent in this round. */
  readonly sent: Sent | null
  /** A top-up for its sender is under way. */
  readonly isSupported: boolean
  /** Other transactions of its account wait for it. */
  readonly blocksOthers: boolean
}

/** The outcome: signed, or the reason why not yet; null if there was nothing to do. */
export type Answered = 'signed' | WaitReason | null

/** The waiting transactions of each account, the lowest nonce first. */
export function waitingLines(
  sweeps: readonly Sweep[],
  unmined: readonly SweepTransaction[],
  sent: readonly Sent[],
): readonly (readonly Waiting[])[] {
  const byId = new Map(sweeps.map((sweep) => [sweep.id, sweep]))
  const bySweep = Map.groupBy(unmined, ({ sweepId }) => sweepId)
  const sentByHash = new Map(sent.map((one) => [one.attempt.hash, one]))
  const describe = (transaction: SweepTransaction, isLast: boolean): Waiting[] => {
    const [newest] = transaction.attempts
    if (newest === undefined) return []
    const { sweepId } = transaction
    const own = sweepId === null ? [] : (bySweep.get(sweepId) ?? [])
    return [
      {
        sweep: sweepId === null ? null : (byId.get(sweepId) ?? null),
        transaction,
        newest,
        signed: decodeTransaction(newest.raw),
        sent: sentByHash.get(newest.hash) ?? null,
        isSupported: own.some(({ purpose }) => purpose === 'top_up'),
        blocksOthers: !isLast,
      },
    ]
  }
  const lines = [...Map.groupBy(unmined, ({ sender }) => sender).values()]
  return lines.map((line) => line.flatMap((transaction, at) => describe(transaction, at === line.length - 1)))
}
