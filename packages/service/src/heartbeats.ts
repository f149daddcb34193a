import { gauge } from '@ctrip/telemetry/metrics'

export interface Heartbeat {
  /** The worker made an attempt, successful or not. */
  beat(): void
  /** The worker stopped on purpose and is no longer watched. */
  end(): void
}

export interface StalledWorker {
  readonly worker: string
  readonly silent_seconds: number
  readonly limit_seconds: number
}

const beatAt = gauge({
  name: 'worker_heartbeat_timestamp_seconds',
  help: 'When the work loop last made an attempt, successful or not (Unix time)',
  labels: ['worker'],
})

// One list per process, like the metrics registry, so that no loop can be forgotten.
const workers = new Map<string, { lastMs: number; readonly limitMs: number }>()

/** Registers a worker that promises to beat at least every `limitMs`; the name is unique in the process. */
export function startHeartbeat(worker: string, limitMs: number): Heartbeat {
  if (workers.has(worker)) throw new Error(`a worker named ${worker} is beating already`)
  const state = { lastMs: performance.now(), limitMs }
  workers.set(worker, state)
  const beat = (): void => {
    // Monotonic, because a corrected clock must not look like a stalled worker.
    state.lastMs = performance.now()
    beatAt.set({ worker }, Date.now() / 1000)
  }
  beat()
  return { beat, end: () => void workers.delete(worker) }
}

/** The workers silent for longer than their limit. */
export function stalledWorkers(): StalledWorker[] {
  const now = performance.now()
  return [...workers].flatMap(([worker, { lastMs, limitMs }]) =>
    now - lastMs <= limitMs
      ? []
      : [{ worker, silent_seconds: Math.round((now - lastMs) / 1000), limit_seconds: limitMs / 1000 }],
  )
}
