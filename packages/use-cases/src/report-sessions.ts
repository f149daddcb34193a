import type { Logger } from '@ctrip/telemetry/logger'
import { counter } from '@ctrip/telemetry/metrics'
import { recordSpan, traceFields } from '@ctrip/telemetry/spans'
import type { SessionResult } from './change-sessions'

const sessions = counter({
  name: 'checkout_sessions_total',
  help: 'Checkout sessions that were created, and those that became complete, expired or open again.',
  labels: ['outcome'],
})

const OUTCOME_LABELS = ['created', 'completed', 'expired', 'reopened'] as const
export type SessionOutcomeLabel = (typeof OUTCOME_LABELS)[number]

// From 0 at the start, because an increase is only seen from one sample to the next.
for (const outcome of OUTCOME_LABELS) sessions.inc({ outcome }, 0)

export function countSession(outcome: SessionOutcomeLabel): void {
  sessions.inc({ outcome })
}

const OUTCOMES = { complete: 'completed', expired: 'expired', open: 'reopened' } as const

/** Reports changes once they are committed: a line of log for each event, the metric, and the session's lifecycle as a span. */
export function reportSessions(log: Logger, results: readonly SessionResult[]): void {
  for (const { outcome } of results) {
    if (outcome.kind !== 'changed') continue
    const { session, steps, events } = outcome
    for (const { type, sequence } of events)
      log.info({ checkout_session_id: session.id, ...traceFields(session.traceAnchor), sequence }, type)
    for (const { to } of steps) {
      countSession(OUTCOMES[to])
      if (to === 'open') continue
      recordSpan('checkout session lifecycle', {
        anchor: session.traceAnchor,
        start: session.createdAt,
        end: new Date(),
        attributes: { 'ctrip.checkout_session.id': session.id, 'ctrip.checkout_session.status': to },
      })
    }
  }
}
