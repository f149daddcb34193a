/** How often something has happened, and whether to show it in full this time. */
interface Occurrence {
  readonly count: number
  readonly isNews: boolean
}

/** Counts occurrences by key: the first is news, and then the first after `againAfterMs`. The keys unseen for longest are forgotten. */
export class Repetitions {
  private readonly seen = new Map<string, { count: number; shownAtMs: number }>()

  constructor(
    private readonly againAfterMs: number,
    private readonly keysMax = 500,
  ) {}

  note(key: string, nowMs: number = performance.now()): Occurrence {
    const known = this.seen.get(key)
    const isNews = known === undefined || nowMs - known.shownAtMs >= this.againAfterMs
    const count = (known?.count ?? 0) + 1
    this.seen.delete(key)
    this.seen.set(key, { count, shownAtMs: isNews ? nowMs : (known?.shownAtMs ?? nowMs) })
    const [oldest] = this.seen.keys()
    if (this.seen.size > this.keysMax && oldest !== undefined) this.seen.delete(oldest)
    return { count, isNews }
  }
}
