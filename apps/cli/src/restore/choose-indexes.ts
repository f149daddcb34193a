/** The API takes indexes ahead of need: those taken before the backup may have been given out after it. */
export const LOOK_BACK = 1_000
/** How far past what is given out next the chains are searched for use. */
export const SEARCHED_AHEAD = 10_000
/** Watched past the last address that was used: most addresses are never paid at. */
export const MARGIN = 1_000

export interface LostIndexes {
  /** Without a payment, and perhaps given out to one that is lost. */
  readonly indexes: readonly number[]
  /** What the sequence must give next, at least. */
  readonly nextIndex: number
}

/**
 * Which address indexes may have been given out since the backup. `issued`: the last one that can have been, where the operator
 * knows it; `seen`: those that the chains show in use. `isDone`: nothing was given out since this was decided last.
 */
export function chooseIndexes(known: {
  readonly next: number
  readonly assigned: ReadonlySet<number>
  readonly seen: readonly number[]
  readonly issued: number | null
  readonly isDone: boolean
}): LostIndexes {
  const { next, assigned, issued } = known
  const used = Math.max(next - 1, ...known.seen)
  if (issued === null && used >= next + SEARCHED_AHEAD - MARGIN)
    throw new RangeError(
      `address ${used} is in use, ${used - next} past the backup: say with --issued how many there can be`,
    )
  const last = Math.max(used + (issued === null && !known.isDone ? MARGIN : 0), issued ?? 0)
  const from = Math.max(0, next - LOOK_BACK)
  const indexes = Array.from({ length: last - from + 1 }, (_, n) => from + n).filter((index) => !assigned.has(index))
  return { indexes, nextIndex: last + 1 }
}
