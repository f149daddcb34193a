const FAILURES_TO_OPEN = 5
const OPEN_MIN_MS = 1_000
const OPEN_MAX_MS = 30_000

/** Keeps requests away from a provider that fails: closed → open for a while → one probe → closed, or open for twice as long. */
export class CircuitBreaker {
  #failures = 0
  #openUntil: number | null = null
  #openMs = OPEN_MIN_MS
  #probing = false

  get closed(): boolean {
    return this.#openUntil === null
  }

  /** Whether a request would be let through; does not claim the probe. */
  permits(now: number): boolean {
    return this.#openUntil === null || (now >= this.#openUntil && !this.#probing)
  }

  /** Claims the right to send one request; each claim ends in `succeeded`, `failed` or `gaveUp`. */
  claim(now: number): boolean {
    if (!this.permits(now)) return false
    if (this.#openUntil !== null) this.#probing = true
    return true
  }

  succeeded(): void {
    this.#failures = 0
    this.#openUntil = null
    this.#openMs = OPEN_MIN_MS
    this.#probing = false
  }

  failed(now: number): void {
    this.#failures += 1
    const probeFailed = this.#probing
    this.#probing = false
    if (!probeFailed && (this.#openUntil !== null || this.#failures < FAILURES_TO_OPEN)) return
    if (probeFailed) this.#openMs = Math.min(this.#openMs * 2, OPEN_MAX_MS)
    this.#openUntil = now + this.#openMs
  }

  /** The caller aborted: the request says nothing about the provider. */
  gaveUp(): void {
    this.#probing = false
  }
}
