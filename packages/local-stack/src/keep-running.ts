import { setTimeout as sleep } from 'node:timers/promises'
import type { ManagedProcess } from './managed-process'

const BACKOFF_FIRST_MS = 200
const BACKOFF_MAX_MS = 5_000
const HEALTHY_AFTER_MS = 10_000

export interface KeptProcess<P extends ManagedProcess> {
  /** The current process; during a restart, the one that died. */
  readonly current: () => P
  readonly stop: () => Promise<void>
}

export interface KeepRunningEvents<P> {
  readonly onStart: (started: P) => void
  readonly onDeath: (message: string) => void
}

/**
 * Starts a process, and restarts it whenever it ends, with a growing pause, as a Kubernetes deployment would. Throws if the
 * first start fails, because a retry does not mend a wrong configuration; later failures are retried without limit.
 */
export async function keepRunning<P extends ManagedProcess>(
  start: () => Promise<P>,
  events: KeepRunningEvents<P>,
): Promise<KeptProcess<P>> {
  let current = await start()
  events.onStart(current)
  const stopping = new AbortController()

  const watch = async (): Promise<void> => {
    let backoffMs = BACKOFF_FIRST_MS
    let startedAt = Date.now()
    for (;;) {
      const how = await current.exited
      if (stopping.signal.aborted) return
      if (Date.now() - startedAt > HEALTHY_AFTER_MS) backoffMs = BACKOFF_FIRST_MS
      events.onDeath(`${current.name} ended (${how}), starting it again in ${backoffMs} ms`)
      await pause(backoffMs, stopping.signal)
      if (stopping.signal.aborted) return
      backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS)
      startedAt = Date.now()
      try {
        current = await start()
        events.onStart(current)
      } catch (error) {
        events.onDeath(error instanceof Error ? error.message : String(error)) // `current` is still dead: try again
      }
    }
  }
  const watching = watch()

  return {
    current: () => current,
    stop: async () => {
      stopping.abort()
      await current.stop()
      await watching
      await current.stop() // one that was being started while we stopped its predecessor
    },
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined) // aborted: the caller looks at the signal
}
