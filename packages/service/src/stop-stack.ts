import type { Logger } from '@ctrip/telemetry/logger'

export interface StopStack {
  /** Remembers how to stop what was just started. */
  push(name: string, stop: () => Promise<void>): void
  /** Stops everything, last started first, each after the one before is done. A failure is logged, and stops nothing else from stopping. */
  stopAll(): Promise<void>
}

/** Last in, first out: who uses a connection stops before the connection does. */
export function stopStack(log: Logger): StopStack {
  const entries: { name: string; stop: () => Promise<void> }[] = []
  return {
    push: (name, stop) => void entries.push({ name, stop }),
    async stopAll() {
      for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
        try {
          await entry.stop()
        } catch (error) {
          log.error({ err: error, part: entry.name }, 'service.stop_failed')
        }
      }
    },
  }
}
