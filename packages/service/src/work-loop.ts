import { setImmediate } from 'node:timers/promises'
import type { Logger } from '@ctrip/telemetry/logger'
import { counter, durationBuckets, histogram } from '@ctrip/telemetry/metrics'
import { inSpan } from '@ctrip/telemetry/spans'
import { type Heartbeat, startHeartbeat } from './heartbeats'
import { reasonOf } from './reason'

/** `more`: there is more to do at once. `idle`: no work until the interval has passed or `wake` is called. */
export type RunOutcome = 'idle' | 'more'

export interface WorkLoopOptions {
  /** The worker: a label of metrics, unique in the process, such as `scan:anvil`. */
  readonly name: string
  /** The kind of work, as a label and as the name of its spans, such as `scan_blocks`. Default: the worker's name. */
  readonly job?: string
  /** Pause after an idle run, ±20 %, so that replicas do not beat together. */
  readonly intervalMs: number
  /** One unit of work. Throwing means: try again after a pause. The signal aborts when a stop has lasted too long. */
  readonly run: (signal: AbortSignal) => Promise<RunOutcome>
  readonly log: Logger
  /** Pauses after failures in a row double from `minMs` to `maxMs`, each ±20 %. */
  readonly backoff?: { readonly minMs: number; readonly maxMs: number }
  /** Silence after which /livez asks for a restart: longer than any healthy run. */
  readonly stallAfterMs?: number
  /** How long `stop` lets a run finish before its signal aborts. */
  readonly stopGraceMs?: number
}

export interface WorkLoop {
  start(): void
  /** Starts no further run, waits for the one in progress and aborts it after the grace period. */
  stop(): Promise<void>
  /** Runs now instead of at the end of the pause; during a run, once more after it. Never cuts a backoff short. */
  wake(): void
}

const BACKOFF = { minMs: 250, maxMs: 5_000 }
const STALL_AFTER_MS_MIN = 60_000
const STOP_GRACE_MS = 10_000
const JITTER = 0.2
const TELL_AGAIN_MS = 5 * 60_000

const duration = histogram({
  name: 'job_duration_seconds',
  help: 'Duration of one run of a work loop',
  labels: ['worker', 'job', 'outcome'],
  buckets: durationBuckets(0.001, 300),
})

const retries = counter({
  name: 'job_retries_total',
  help: 'Failed runs of a work loop, each of which is tried again',
  labels: ['worker', 'job', 'reason'],
})

/**
 * Repeats a unit of work, never two at once. Every run is a trace of its own, sampled as a poll. A failed run is
 * logged, counted and repeated after a backoff. It sends a heartbeat like any other, because a restart would not remove the cause.
 */
export function workLoop(options: WorkLoopOptions): WorkLoop {
  const { name, job = name, intervalMs, run, log, backoff = BACKOFF, stopGraceMs = STOP_GRACE_MS } = options
  const stallAfterMs = options.stallAfterMs ?? Math.max(STALL_AFTER_MS_MIN, 3 * intervalMs)
  const abort = new AbortController()
  let looping: Promise<void> | null = null
  let stopping = false
  let woken = false
  let endIdlePause = (): void => undefined
  let endPause = (): void => undefined

  let told: { readonly reason: string; readonly atMs: number } | null = null

  async function loop(heartbeat: Heartbeat): Promise<void> {
    let failures = 0
    while (!stopping) {
      woken = false
      const outcome = await attempt(heartbeat, failures)
      failures = outcome === 'failed' ? failures + 1 : 0
      if (outcome === 'failed') await pause(jittered(backoffMs(failures, backoff)))
      else if (outcome === 'idle' && !woken) await idlePause(jittered(intervalMs))
      // Lets timers and I/O run between runs that never wait.
      else await setImmediate()
    }
    heartbeat.end()
  }

  async function attempt(heartbeat: Heartbeat, failures: number): Promise<RunOutcome | 'failed'> {
    heartbeat.beat()
    try {
      const outcome = await inSpan(job, { root: true, poll: true }, () =>
        measured({ worker: name, job }, run, abort.signal),
      )
      if (failures > 0) log.info({ worker: name, job, failures }, 'job.recovered')
      told = null
      return outcome
    } catch (error) {
      if (abort.signal.aborted) log.info({ worker: name, job }, 'job.aborted')
      else failed(error, failures + 1)
      return 'failed'
    } finally {
      heartbeat.beat()
    }
  }

  function failed(error: unknown, failures: number): void {
    const reason = reasonOf(error)
    retries.inc({ worker: name, job, reason })
    const atMs = performance.now()
    if (told?.reason === reason && atMs - told.atMs < TELL_AGAIN_MS) return
    told = { reason, atMs }
    log.error({ worker: name, job, failures, err: error }, 'job.failed')
  }

  async function idlePause(ms: number): Promise<void> {
    endIdlePause = () => endPause()
    await pause(ms)
    endIdlePause = () => undefined
  }

  async function pause(ms: number): Promise<void> {
    if (stopping) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    endPause = () => undefined
  }

  return {
    start() {
      if (looping !== null) throw new Error(`the work loop ${name} was started already`)
      looping = loop(startHeartbeat(name, stallAfterMs))
    },
    async stop() {
      stopping = true
      endPause()
      const timer = setTimeout(() => abort.abort(), stopGraceMs)
      await looping
      clearTimeout(timer)
    },
    wake() {
      woken = true
      endIdlePause()
    },
  }
}

async function measured(
  labels: { readonly worker: string; readonly job: string },
  run: WorkLoopOptions['run'],
  signal: AbortSignal,
): Promise<RunOutcome> {
  const startedAt = performance.now()
  let outcome: 'succeeded' | 'failed' | 'aborted' = 'succeeded'
  try {
    return await run(signal)
  } catch (error) {
    outcome = signal.aborted ? 'aborted' : 'failed'
    throw error
  } finally {
    duration.observe({ ...labels, outcome }, (performance.now() - startedAt) / 1000)
  }
}

function backoffMs(failures: number, { minMs, maxMs }: { minMs: number; maxMs: number }): number {
  return Math.min(maxMs, minMs * 2 ** (failures - 1))
}

function jittered(ms: number): number {
  return ms * (1 - JITTER + 2 * JITTER * Math.random())
}
