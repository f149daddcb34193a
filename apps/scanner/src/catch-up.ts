import type { Logger } from '@ctrip/telemetry/logger'

const TELL_EVERY_MS = 5_000

/** Tells how catching up goes, while there is more to do than one cycle does. */
export interface CatchUp {
  advanced(cursor: number, head: number): void
}

interface Run {
  readonly from: number
  readonly startedAt: number
  toldAt: number
}

/** `behindBlocks`: with less to do than that, it is no catching up. */
export function catchUp(log: Logger, chain: string, behindBlocks: number, now = () => performance.now()): CatchUp {
  let run: Run | null = null
  return {
    advanced(cursor, head) {
      const at = now()
      if (head - cursor < behindBlocks && run === null) return
      run ??= { from: cursor, startedAt: at, toldAt: at }
      const caughtUp = head <= cursor
      if (at - run.toldAt >= TELL_EVERY_MS || caughtUp) tell(run, cursor, head, at)
      if (caughtUp) run = null
    },
  }

  function tell(since: Run, cursor: number, head: number, at: number): void {
    since.toldAt = at
    const done = cursor - since.from
    const blocksPerSecond = done / Math.max(0.001, (at - since.startedAt) / 1000)
    log.info(
      {
        chain,
        done,
        total: head - since.from,
        blocks_per_second: Math.round(blocksPerSecond * 10) / 10,
        eta_seconds: blocksPerSecond > 0 ? Math.ceil((head - cursor) / blocksPerSecond) : null,
      },
      'scanner.catching_up',
    )
  }
}
