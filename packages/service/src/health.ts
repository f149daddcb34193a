import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '@ctrip/telemetry/errors'
import type { Logger } from '@ctrip/telemetry/logger'
import { gauge } from '@ctrip/telemetry/metrics'
import { redact } from '@ctrip/telemetry/redact'

export interface HealthCheck {
  readonly name: string
  /** Probes the dependency itself. Rejects if it cannot be used. Must abort when the signal aborts. */
  readonly probe: (signal: AbortSignal) => Promise<void>
  /** A required check decides about readiness; another is only reported. */
  readonly required: boolean
}

export interface CheckStatus {
  readonly name: string
  readonly required: boolean
  readonly status: 'up' | 'down' | 'unknown'
  /** The time of the last change. */
  readonly since: string
  readonly error: string | null
}

export interface Health {
  start(): void
  stop(): Promise<void>
  checks(): CheckStatus[]
  /** Whether every required check is up. */
  ready(): boolean
}

export interface HealthOptions {
  readonly checks: readonly HealthCheck[]
  readonly log: Logger
  readonly intervalMs?: number
  readonly timeoutMs?: number
}

// Interval + timeout bound the age of a response of /readyz: below the promised 5 s.
const INTERVAL_MS = 1_000
const TIMEOUT_MS = 2_000

const dependencyUp = gauge({
  name: 'dependency_up',
  help: '1 while the dependency passes its health probe, else 0',
  labels: ['dependency'],
})

/** Probes each dependency in the background, so that /readyz responds at once, even while a probe hangs. */
export function watchHealth({ checks, log, intervalMs = INTERVAL_MS, timeoutMs = TIMEOUT_MS }: HealthOptions): Health {
  const stopping = new AbortController()
  const states = new Map(checks.map((check) => [check.name, initialStatus(check)]))
  let probing: Promise<unknown> = Promise.resolve()

  async function probeForever(check: HealthCheck): Promise<void> {
    while (!stopping.signal.aborted) {
      const error = await probeOnce(check, timeoutMs, stopping.signal)
      if (stopping.signal.aborted) return
      record(check, error)
      await sleep(intervalMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  function record(check: HealthCheck, error: string | null): void {
    const before = states.get(check.name)
    const status = error === null ? 'up' : 'down'
    const since = before?.status === status ? before.since : new Date().toISOString()
    states.set(check.name, { name: check.name, required: check.required, status, since, error })
    dependencyUp.set({ dependency: check.name }, error === null ? 1 : 0)
    if (before?.status === status || (before?.status === 'unknown' && status === 'up')) return
    const fields = { dependency: check.name, required: check.required, error }
    if (status === 'down') log[check.required ? 'error' : 'warn'](fields, 'dependency.down')
    else log.info(fields, 'dependency.up')
  }

  return {
    start() {
      probing = Promise.all(checks.map(probeForever))
    },
    async stop() {
      stopping.abort()
      await probing
    },
    checks: () => [...states.values()],
    ready: () => [...states.values()].every((state) => !state.required || state.status === 'up'),
  }
}

function initialStatus({ name, required }: HealthCheck): CheckStatus {
  return { name, required, status: 'unknown', since: new Date().toISOString(), error: null }
}

/** The reason of a failed probe, or null. A probe that ignores its signal is abandoned. */
async function probeOnce(check: HealthCheck, timeoutMs: number, stopping: AbortSignal): Promise<string | null> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([timeout, stopping])
  try {
    await Promise.race([check.probe(signal), rejectOn(signal)])
    return null
  } catch (error) {
    if (timeout.aborted) return `no answer within ${timeoutMs} ms`
    return redact(messageOf(error))
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(new Error('aborted'))
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}
