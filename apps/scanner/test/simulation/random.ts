/** Chance that a seed repeats: the same numbers on every machine (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to `below`, which is left out. */
  integer(below: number): number {
    return Math.floor(this.#next() * below)
  }

  chance(probability: number): boolean {
    return this.#next() < probability
  }

  pick<T>(from: readonly T[]): T {
    const one = from[this.integer(from.length)]
    if (one === undefined) throw new RangeError('nothing to pick from')
    return one
  }

  shuffled<T>(list: readonly T[]): T[] {
    const keyed = list.map((value) => ({ value, key: this.#next() }))
    return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value)
  }

  /** 0x and so many bytes. */
  hex(bytes: number): string {
    return `0x${Array.from({ length: bytes }, () => this.integer(256).toString(16).padStart(2, '0')).join('')}`
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
