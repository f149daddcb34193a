/** Blocks until a tip that nodes turned out to need is probed with half of it; doubled with each probe that is refused. */
const PROBE_BLOCKS_MIN = 16
const PROBE_BLOCKS_MAX = 256

/**
 * The tip that nodes of a chain turned out to need although no source says so. It is never kept without limit: a tip that nodes take is halved
 * after a while, so that what one node asked once, or all asked while pools were full, is paid for a few blocks only. A probe that
 * is refused costs one more signature, and the next comes twice as late. At the market's own tip or below it has no effect.
 */
export class NeededTip {
  #wei = 0n
  /** It was halved, and no node has taken or refused it yet. */
  #isProbe = false
  #wasTaken = false
  #interval = PROBE_BLOCKS_MIN
  #nextAt = 0

  /** The tip to offer at least, as of a number of blocks seen; 0 where none is known. */
  at(block: number): bigint {
    // A tip that nothing was sent with proves nothing; it is halved by age alone, and later.
    const dueAt = this.#wasTaken ? this.#nextAt : this.#nextAt + PROBE_BLOCKS_MAX
    if (this.#wei > 0n && block >= dueAt) {
      this.#wei /= 2n
      this.#isProbe = true
      this.#wasTaken = false
      this.#nextAt = block + this.#interval
    }
    return this.#wei
  }

  /** Notes a tip that nodes need. After a probe that they refused, the next one comes later. */
  noteNeeded(wei: bigint, block: number): void {
    const isRefusedProbe = this.#isProbe && wei > this.#wei
    this.#interval = isRefusedProbe ? Math.min(2 * this.#interval, PROBE_BLOCKS_MAX) : this.#interval
    this.#wei = wei
    this.#isProbe = false
    this.#wasTaken = false
    this.#nextAt = block + this.#interval
  }

  /** Notes that nodes took a transaction with this tip: a lower one may do as well. Another tip than the one offered proves nothing about it. */
  noteTaken(wei: bigint): void {
    if (this.#wei === 0n || wei !== this.#wei) return
    if (this.#isProbe) this.#interval = PROBE_BLOCKS_MIN
    this.#isProbe = false
    this.#wasTaken = true
  }
}
