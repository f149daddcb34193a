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
