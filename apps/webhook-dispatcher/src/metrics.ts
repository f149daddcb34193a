import { counter, durationBuckets, gauge, histogram } from '@ctrip/telemetry/metrics'

export const attemptsTotal = counter({
  name: 'webhook_attempts_total',
  help: 'Attempts to deliver, by what came of them; reason is none where delivered.',
  labels: ['event_type', 'outcome', 'reason'],
})

export const attemptDuration = histogram({
  name: 'webhook_attempt_duration_seconds',
  help: 'Time of one attempt, from its first byte to the end of the answer.',
  labels: ['outcome'],
  buckets: durationBuckets(0.005, 30),
})

export const deliveryLatency = histogram({
  name: 'webhook_delivery_latency_seconds',
  help: 'Time from the commit of an event to its successful delivery.',
  labels: ['event_type'],
  buckets: durationBuckets(0.01, 86_400),
})

export const startLatency = histogram({
  name: 'webhook_start_latency_seconds',
  help: 'Time from when an attempt was due to when it started, where the endpoint had no failures to recover from.',
  labels: [],
  buckets: durationBuckets(0.005, 300),
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
