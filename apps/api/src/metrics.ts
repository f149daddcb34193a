import { counter, gauge, histogram, REQUEST_SECONDS } from '@ctrip/telemetry/metrics'

export const requestDuration = histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from a request to the end of its answer.',
  labels: ['method', 'route', 'status_code'],
  buckets: REQUEST_SECONDS,
})

// The series of the payment creation objectives start at 0: a rate does not see the first increase of a series that begins with it.
for (const status_code of ['201', '500', '503'])
  requestDuration.zero({ method: 'POST', route: '/api/v1/payments', status_code })

export const activeRequests = gauge({
  name: 'http_active_requests',
  help: 'Requests being served.',
  labels: [],
})

export const paymentsCreated = counter({
  name: 'payments_created_total',
  help: 'Requests for a payment that passed validation, by what became of them.',
  labels: ['chain', 'asset', 'outcome'],
})

export const apiErrors = counter({
  name: 'api_errors_total',
  help: 'Answers that are problems, by their code.',
  labels: ['route', 'code'],
})

export const idempotencyReplays = counter({
  name: 'idempotency_replays_total',
  help: 'Requests whose Idempotency-Key was known: answered again, still running, or used for another request.',
  labels: ['outcome'],
})

export const rateLimited = counter({
  name: 'rate_limited_total',
  help: 'Requests refused because their key had used up its quota.',
  labels: [],
})

export const dependencyDuration = histogram({
  name: 'dependency_duration_seconds',
  help: 'What requests wait for: address_derivation, database; and the answers of nats to its health probe.',
  labels: ['dependency'],
  buckets: REQUEST_SECONDS,
})
