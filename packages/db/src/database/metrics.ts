import { counter, durationBuckets, gauge, histogram } from '@ctrip/telemetry/metrics'

export const poolConnections = gauge({
  name: 'db_pool_connections',
  help: 'Connections of the pool to Postgres, by what they are doing.',
  labels: ['state'],
})

export const poolPendingRequests = gauge({
  name: 'db_pool_pending_requests',
  help: 'Requests waiting for a connection of the pool.',
  labels: [],
})

export const poolAcquireDuration = histogram({
  name: 'db_pool_acquire_duration_seconds',
  help: 'Time from asking for a connection to having it.',
  labels: [],
  buckets: durationBuckets(0.0005, 60),
})

export const poolTimeouts = counter({
  name: 'db_pool_timeouts_total',
  help: 'Requests that got no connection in time.',
  labels: [],
})

export const queryDuration = histogram({
  name: 'db_query_duration_seconds',
  help: 'Time of one named operation (a statement or a transaction).',
  labels: ['operation'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
})

export const slowQueries = counter({
  name: 'db_slow_queries_total',
  help: 'Named operations slower than the threshold.',
  labels: ['operation'],
})

export const retries = counter({
  name: 'db_retries_total',
  help: 'Transactions run again after a deadlock or serialization failure.',
  labels: ['operation'],
})
