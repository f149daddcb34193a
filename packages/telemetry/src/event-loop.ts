import { gauge } from './metrics'

const TICK_MS = 100
/** Longer than the interval of a scrape, so that no block falls between two. */
const REMEMBERED_MS = 60_000

/**
 * Reports how long the event loop stood still, at most, within the last minute, what still goes on included. Node's own
 * histogram loses a block that ends with a scrape: prom-client reads and resets it before the block has been recorded.
 */
export function watchEventLoop(now: () => number = () => performance.now()): { stop(): void } {
  const blocks: { readonly at: number; readonly ms: number }[] = []
  let tickedAt = now()

  function note(): void {
    const at = now()
    const ms = Math.max(0, at - tickedAt - TICK_MS)
    tickedAt = at
    if (ms > TICK_MS) blocks.push({ at, ms })
    while (blocks[0] !== undefined && at - blocks[0].at > REMEMBERED_MS) blocks.shift()
  }

  gauge({
    name: 'event_loop_blocked_seconds',
    help: 'The longest time within the last minute that the event loop stood still.',
    labels: [],
    collect(self) {
      note()
      self.set({}, Math.max(0, ...blocks.map(({ ms }) => ms)) / 1000)
    },
  })
  const timer = setInterval(note, TICK_MS).unref()
  return { stop: () => clearInterval(timer) }
}
