import { counter, durationBuckets, gauge, histogram } from '@ctrip/telemetry/metrics'

export const rpcRequestDuration = histogram({
  name: 'rpc_request_duration_seconds',
  help: 'Time of one JSON-RPC request to one provider.',
  labels: ['chain', 'provider', 'method'],
  buckets: durationBuckets(0.005, 60),
})

export const rpcRequests = counter({
  name: 'rpc_requests_total',
  help: 'JSON-RPC requests by outcome: ok, or the kind of the error.',
  labels: ['chain', 'provider', 'method', 'outcome'],
})

export const rpcFailovers = counter({
  name: 'rpc_failovers_total',
  help: 'Requests that this provider failed and the next one was asked.',
  labels: ['chain', 'provider'],
})

export const rpcProviderUp = gauge({
  name: 'rpc_provider_up',
  help: '1 while the provider is in use: its circuit breaker is closed, and it serves the configured chain.',
  labels: ['chain', 'provider'],
})

export const rpcProviderHeadLag = gauge({
  name: 'rpc_provider_head_lag_blocks',
  help: 'Blocks that the provider is behind the best known head of its chain.',
  labels: ['chain', 'provider'],
})

export const blockVerificationFailures = counter({
  name: 'block_verification_failures_total',
  help: 'Blocks refused because what the provider sent does not add up.',
  labels: ['chain', 'provider', 'check'],
})

export const blockReceiptsMissing = counter({
  name: 'block_receipts_missing_total',
  help: 'Blocks that a provider sent without all of their receipts.',
  labels: ['chain', 'provider'],
})
