import type { EndpointHealth } from '@ctrip/db/webhooks/endpoint-health'

/** What one attempt says about its endpoint. */
export interface Signal {
  readonly at: Date
  readonly outcome: 'delivered' | 'failed' | 'gone'
  /** A claim on a half-open circuit. */
  readonly probe: boolean
  /** The endpoint asked for quiet (429 or 503 with Retry-After), for an hour at most. */
  readonly quietMs: number | null
}

export type HealthEvent = 'webhook.endpoint_failing' | 'webhook.endpoint_disabled'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Failures in a row that open the circuit. */
export const FAILURES_TO_OPEN = 10
const OPEN_MS_MIN = 1_000
const OPEN_MS_MAX = 60_000
/** After so long without a success the merchant is warned, and at last the endpoint is disabled. */
const WARN_AFTER_MS = [HOUR_MS, DAY_MS, 2 * DAY_MS, 3 * DAY_MS, 4 * DAY_MS] as const
export const DISABLE_AFTER_MS = 5 * DAY_MS

/**
 * How an endpoint stands after an attempt, and what is to be told of it.
 *
 * - delivered: all is forgiven; the circuit closes.
 * - failed, closed: the tenth in a row opens the circuit for a second.
 * - failed, half-open: it opens again, twice as long each time, a minute at most.
 * - failed, open: a straggler, sent before it opened; it says nothing new.
 * - asked for quiet: it gets it, and its circuit no failure: it is alive.
 * - gone (410), or failing for five days: disabled.
 */
export function nextHealth(health: EndpointHealth, signal: Signal): { health: EndpointHealth; events: HealthEvent[] } {
  if (!health.enabled) return { health, events: [] }
  if (signal.outcome === 'delivered') return { health: { ...health, ...WELL }, events: [] }
  if (signal.outcome === 'gone') return disabled(health, 'gone')
  const failingSince = health.failingSince ?? signal.at
  const failingMs = signal.at.getTime() - failingSince.getTime()
  if (failingMs >= DISABLE_AFTER_MS) return disabled(health, 'failing')
  const failureWarnings = WARN_AFTER_MS.filter((afterMs) => failingMs >= afterMs).length
  return {
    health: {
      ...health,
      ...(signal.quietMs === null ? circuit(health, signal) : quiet(signal)),
      failingSince,
      failureWarnings,
    },
    events: failureWarnings > health.failureWarnings ? ['webhook.endpoint_failing'] : [],
  }
}

const WELL = { consecutiveFailures: 0, failingSince: null, failureWarnings: 0, circuitOpenUntil: null } as const

function disabled(health: EndpointHealth, disabledReason: string): { health: EndpointHealth; events: HealthEvent[] } {
  return { health: { ...health, enabled: false, disabledReason }, events: ['webhook.endpoint_disabled'] }
}

type Circuit = Pick<EndpointHealth, 'consecutiveFailures' | 'circuitOpenUntil'>

function circuit({ consecutiveFailures, circuitOpenUntil }: EndpointHealth, { at, probe }: Signal): Circuit {
  if (circuitOpenUntil !== null && !probe) return { consecutiveFailures, circuitOpenUntil }
  const failures = consecutiveFailures + 1
  const beyond = failures - FAILURES_TO_OPEN
  if (beyond < 0) return { consecutiveFailures: failures, circuitOpenUntil: null }
  const openMs = Math.min(OPEN_MS_MAX, OPEN_MS_MIN * 2 ** beyond)
  return { consecutiveFailures: failures, circuitOpenUntil: new Date(at.getTime() + openMs) }
}

/** The probe's own claim on the circuit ends here too: the pause takes its place. */
function quiet({ at, quietMs }: Signal): Pick<EndpointHealth, 'pausedUntil' | 'circuitOpenUntil'> {
  return { pausedUntil: new Date(at.getTime() + (quietMs ?? 0)), circuitOpenUntil: null }
}
