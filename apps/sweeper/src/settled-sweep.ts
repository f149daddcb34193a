import type { Attempt, MinedAttempt, Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'

/** A sweep whose collecting transaction is confirmed, by whichever attempt. */
export interface SettledSweep {
  readonly sweep: Sweep
  readonly transactions: readonly SweepTransaction[]
  readonly collecting: SweepTransaction
  readonly attempt: Attempt
  readonly mined: MinedAttempt
}
