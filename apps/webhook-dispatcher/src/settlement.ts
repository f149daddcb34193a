import type { ClaimedDelivery } from '@ctrip/db/webhooks/delivery-claims'
import type { Settlement } from '@ctrip/db/webhooks/delivery-settlement'
import type { Signal } from './circuit'
import type { Attempt } from './deliver-webhook'
import { nextAttemptInMs } from './retry-schedule'

const DETAIL_CHARACTERS_MAX = 500
const QUIET_MS_MAX = 3_600_000

/** What follows from an attempt: for the delivery, and for its endpoint. `random` is in [0, 1). */
export function settlementOf(
  claimed: ClaimedDelivery,
  attempt: Attempt,
  { scheduleSeconds, now, random }: { scheduleSeconds: readonly number[]; now: Date; random: number },
): { settlement: Settlement; signal: Signal } {
  const attempts = claimed.attempts + 1
  const signal = signalOf(claimed, attempt, now)
  const retryInMs = signal.outcome === 'failed' ? nextAttemptInMs(scheduleSeconds, attempts, random) : null
  const settlement: Settlement = {
    ...given(claimed),
    status: signal.outcome === 'delivered' ? 'delivered' : retryInMs === null ? 'dead_lettered' : 'pending',
    dueAt: retryInMs === null ? null : new Date(now.getTime() + Math.max(retryInMs, signal.quietMs ?? 0)),
    attempts,
    attempt: {
      n: attempts,
      at: attempt.at,
      statusCode: attempt.statusCode,
      durationMs: attempt.durationMs,
      error: attempt.error,
      reason: attempt.reason === null ? null : `${attempt.reason}: ${oneLine(attempt.detail ?? '')}`,
      responseBody: attempt.responseBody,
      location: attempt.location,
    },
  }
  return { settlement, signal }
}

/** Gives a delivery back as if it had never been claimed. */
export function givenBack(claimed: ClaimedDelivery, dueAt: Date): Settlement {
  return { ...given(claimed), status: 'pending', dueAt, attempts: claimed.attempts, attempt: null }
}

/** Ends a delivery whose event is gone: its day is over. */
export function discarded(claimed: ClaimedDelivery): Settlement {
  return { ...given(claimed), status: 'discarded', dueAt: null, attempts: claimed.attempts, attempt: null }
}

function given({ id, eventId, leaseToken }: ClaimedDelivery) {
  return { deliveryId: id, eventId, leaseToken }
}

function signalOf({ probe }: ClaimedDelivery, { reason, statusCode, retryAfterMs }: Attempt, now: Date): Signal {
  if (reason === null) return { at: now, outcome: 'delivered', probe, quietMs: null }
  if (statusCode === 410) return { at: now, outcome: 'gone', probe, quietMs: null }
  const asksForQuiet = (statusCode === 429 || statusCode === 503) && retryAfterMs !== null
  return { at: now, outcome: 'failed', probe, quietMs: asksForQuiet ? Math.min(QUIET_MS_MAX, retryAfterMs) : null }
}

/** Postgres' text holds no NUL, and nobody reads a novel. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').slice(0, DETAIL_CHARACTERS_MAX)
}
