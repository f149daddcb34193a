import { createHash } from 'node:crypto'

/**
 * Chance that depends on the seed and on what is asked, not on when: the same question asked the n-th time falls the same
 * way in every run, however the awaits around it interleave.
 */
export class Dice {
  readonly #asked = new Map<string, number>()
  /** Nothing goes wrong any more. */
  calm = false

  constructor(private readonly seed: string) {}

  /** In [0, 1). */
  roll(question: string): number {
    const n = (this.#asked.get(question) ?? 0) + 1
    this.#asked.set(question, n)
    const digest = createHash('sha256').update(`${this.seed}/${question}/${n}`).digest()
    return digest.readUInt32BE(0) / 2 ** 32
  }

  /** Whether this goes wrong. */
  fails(question: string, probability: number): boolean {
    return !this.calm && this.roll(question) < probability
  }

  between(question: string, least: number, most: number): number {
    return least + Math.floor(this.roll(question) * (most - least + 1))
  }

  bytes(question: string): string {
    const n = (this.#asked.get(question) ?? 0) + 1
    this.#asked.set(question, n)
    return createHash('sha256').update(`${this.seed}/${question}/${n}`).digest('hex')
  }
}
