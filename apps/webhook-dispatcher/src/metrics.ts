import { counter, gauge, histogram } from '@ctrip/telemetry/metrics'

export const attemptsTotal = counter({
  name: 'webhook_attempts_total',
  help: 'Attempts to deliver, by what came of them; reason is none where delivered.',
  labels: ['event_type', 'outcome', 'reason'],
})

export const attemptDuration = histogram({
  name: 'webhook_attempt_duration_seconds',
  help: 'Time of one attempt, from its first byte to the end of the answer.',
  labels: ['outcome'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
})

export const deliveryLatency = histogram({
  name: 'webhook_delivery_latency_seconds',
  help: 'Time from the commit of an event to its successful delivery.',
  labels: ['event_type'],
  buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 10, 60, 600, 3_600, 21_600, 86_400],
})

export const startLatency = histogram({
  name: 'webhook_start_latency_seconds',
  help: 'Time from when an attempt was due to when it started, where the endpoint had no failures to recover from.',
  labels: [],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
})

export const inFlight = gauge({
  name: 'webhook_in_flight',
  help: 'Deliveries that this process has claimed and not settled.',
  labels: [],
})

export const due = gauge({
  name: 'webhook_due',
  help: 'Deliveries that could be attempted now and are not. Reported by one leader.',
  labels: [],
})

export const dueLag = gauge({
  name: 'webhook_due_lag_seconds',
  help: 'How long the oldest of the due deliveries has been waiting. Reported by one leader.',
  labels: [],
})

export const deadLetters = gauge({
  name: 'webhook_dead_letters',
  help: 'Deliveries given up in the last 24 hours, and not delivered since. Reported by one leader.',
  labels: [],
})

export const circuitsOpen = gauge({
  name: 'webhook_circuits_open',
  help: 'Enabled endpoints whose circuit is open or half-open. Reported by one leader.',
  labels: [],
})
