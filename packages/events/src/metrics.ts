import { counter, durationBuckets, gauge, histogram } from '@ctrip/telemetry/metrics'

export const outboxPending = gauge({
  name: 'outbox_pending',
  help: 'Events committed and not yet published. Reported by the relay that holds the lease.',
  labels: [],
})

export const outboxOldestAge = gauge({
  name: 'outbox_oldest_age_seconds',
  help: 'Age of the oldest event not yet published. Reported by the relay that holds the lease.',
  labels: [],
})

export const outboxPublishDuration = histogram({
  name: 'outbox_publish_duration_seconds',
  help: 'Time from the commit of an event to the acknowledgement of its publication.',
  labels: [],
  buckets: durationBuckets(0.001, 300),
})

export const messagesProcessed = counter({
  name: 'messages_processed_total',
  help: 'Messages handled, by outcome.',
  labels: ['consumer', 'subject', 'outcome'],
})

export const messagesRedelivered = counter({
  name: 'messages_redelivered_total',
  help: 'Messages delivered more than once.',
  labels: [],
})

export const consumerPending = gauge({
  name: 'consumer_pending',
  help: 'Messages in the stream that are not yet delivered to the consumer.',
  labels: ['consumer'],
})

export const streamBytes = gauge({
  name: 'stream_bytes',
  help: 'Bytes that the stream holds. Reported by the relay that holds the lease.',
  labels: [],
})

export const streamBytesLimit = gauge({
  name: 'stream_bytes_limit',
  help: 'Bytes at which the stream drops its oldest messages; absent where it has no limit. Reported by the relay that holds the lease.',
  labels: [],
})

export const databaseBytes = gauge({
  name: 'database_bytes',
  help: 'Size of the database. Reported by the relay that holds the lease.',
  labels: [],
})

export const databaseWalRetainedBytes = gauge({
  name: 'database_wal_retained_bytes',
  help: 'Write-ahead log that the slowest replication slot holds back; 0 without slots. Reported by the relay that holds the lease.',
  labels: [],
})
