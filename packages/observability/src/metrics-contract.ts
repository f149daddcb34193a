export type MetricType = 'counter' | 'gauge' | 'histogram'

export interface ContractMetric {
  /** As in Prometheus, with the prefix. A histogram's series carry `_bucket`, `_sum` and `_count` after it. */
  readonly name: string
  readonly type: MetricType
  readonly labels: readonly string[]
}

/**
 * Every metric that operators are promised, with all its labels: what code, rules and dashboards are held against. No label
 * may ever be a payment, merchant, endpoint, address, transaction or URL: such series would grow without bound.
 */
export const CONTRACT_METRICS: readonly ContractMetric[] = [
  // api
  histogram('http_request_duration_seconds', 'method', 'route', 'status_code'),
  gauge('http_active_requests'),
  counter('payments_created_total', 'chain', 'asset', 'outcome'),
  counter('api_errors_total', 'route', 'code'),
  counter('idempotency_replays_total', 'outcome'),
  counter('rate_limited_total'),
  histogram('dependency_duration_seconds', 'dependency'),
  gauge('deposit_addresses_remaining', 'of'),
  // payments
  counter('payment_transitions_total', 'from', 'to', 'chain', 'asset'),
  gauge('payments_open', 'status', 'chain'),
  gauge('payment_oldest_open_age_seconds', 'status', 'chain'),
  histogram('payment_stage_duration_seconds', 'stage', 'chain'),
  counter('payment_mismatches_total', 'kind', 'chain'),
  gauge('payments_overdue', 'chain'),
  gauge('confirmation_slo_seconds', 'chain'),
  counter('checkout_sessions_total', 'outcome'),
  gauge('checkout_sessions_open'),
  // chain RPC
  histogram('rpc_request_duration_seconds', 'chain', 'provider', 'method'),
  counter('rpc_requests_total', 'chain', 'provider', 'method', 'outcome'),
  counter('rpc_failovers_total', 'chain', 'provider'),
  gauge('rpc_provider_up', 'chain', 'provider'),
  gauge('rpc_provider_head_lag_blocks', 'chain', 'provider'),
  counter('block_verification_failures_total', 'chain', 'provider', 'check'),
  counter('block_receipts_missing_total', 'chain', 'provider'),
  // scanner
  gauge('chain_head_block', 'chain', 'tag'),
  gauge('scan_cursor_block', 'chain'),
  gauge('scan_lag_blocks', 'chain'),
  gauge('scan_lag_seconds', 'chain'),
  gauge('scan_last_success_timestamp_seconds', 'chain'),
  gauge('chain_head_read_timestamp_seconds', 'chain'),
  gauge('chain_stalled', 'chain'),
  gauge('chain_halted', 'chain'),
  histogram('scan_range_blocks', 'chain'),
  counter('blocks_scanned_total', 'chain'),
  histogram('block_detection_latency_seconds', 'chain'),
  counter('transfers_detected_total', 'chain', 'asset', 'matched'),
  counter('reorgs_total', 'chain'),
  histogram('reorg_depth_blocks', 'chain'),
  gauge('reorg_safety_margin_blocks', 'chain'),
  gauge('asset_refused', 'chain', 'asset'),
  gauge('trace_debts', 'chain'),
  // rates
  gauge('rate_age_seconds', 'chain', 'asset', 'currency'),
  counter('rate_reads_total', 'chain', 'asset', 'outcome'),
  gauge('rate_available', 'chain', 'asset'),
  // sweeper
  counter('sweeps_total', 'chain', 'asset', 'strategy', 'outcome'),
  histogram('sweep_duration_seconds', 'chain', 'asset'),
  gauge('sweep_backlog', 'chain', 'asset'),
  gauge('sweep_unswept_value', 'chain', 'asset'),
  gauge('sweep_halted', 'chain'),
  gauge('sweep_underivable_addresses', 'chain'),
  histogram('sweep_gas_used', 'chain', 'strategy'),
  counter('tx_replacements_total', 'chain'),
  gauge('gas_wallet_balance', 'chain'),
  gauge('gas_wallet_missing', 'chain'),
  gauge('sweeps_waiting', 'chain', 'reason'),
  gauge('sweep_waiting', 'chain', 'reason'),
  // signer
  counter('signer_signatures_total', 'chain', 'shape'),
  counter('signer_refusals_total', 'rule'),
  gauge('signer_log_entries'),
  // messaging
  gauge('outbox_pending'),
  gauge('outbox_oldest_age_seconds'),
  histogram('outbox_publish_duration_seconds'),
  counter('messages_processed_total', 'consumer', 'subject', 'outcome'),
  gauge('consumer_pending', 'consumer'),
  counter('messages_redelivered_total'),
  gauge('stream_bytes'),
  gauge('stream_bytes_limit'),
  // webhooks
  counter('webhook_attempts_total', 'event_type', 'outcome', 'reason'),
  histogram('webhook_attempt_duration_seconds', 'outcome'),
  histogram('webhook_delivery_latency_seconds', 'event_type'),
  histogram('webhook_start_latency_seconds'),
  gauge('webhook_due'),
  gauge('webhook_due_lag_seconds'),
  gauge('webhook_dead_letters'),
  gauge('webhook_circuits_open'),
  gauge('webhook_in_flight'),
  // dependencies
  gauge('dependency_up', 'dependency'),
  counter('db_retries_total', 'operation'),
  gauge('reconciliation_discrepancies', 'chain'),
  gauge('reconciliation_unreadable', 'chain'),
  // workers
  histogram('job_duration_seconds', 'worker', 'job', 'outcome'),
  counter('job_retries_total', 'worker', 'job', 'reason'),
  gauge('worker_heartbeat_timestamp_seconds', 'worker'),
  // database
  gauge('db_pool_connections', 'state'),
  gauge('db_pool_pending_requests'),
  histogram('db_pool_acquire_duration_seconds'),
  counter('db_pool_timeouts_total'),
  histogram('db_query_duration_seconds', 'operation'),
  counter('db_slow_queries_total', 'operation'),
  gauge('database_bytes'),
  gauge('database_wal_retained_bytes'),
  // process
  gauge('build_info', 'version', 'commit'),
  gauge('event_loop_blocked_seconds'),
]

/** Of prom-client's defaults, which every service exports under their usual names: those that rules and dashboards use. */
export const PROCESS_METRICS: readonly ContractMetric[] = [
  { name: 'process_cpu_seconds_total', type: 'counter', labels: [] },
  { name: 'process_resident_memory_bytes', type: 'gauge', labels: [] },
  { name: 'process_start_time_seconds', type: 'gauge', labels: [] },
  { name: 'nodejs_heap_size_used_bytes', type: 'gauge', labels: [] },
  { name: 'nodejs_eventloop_lag_p99_seconds', type: 'gauge', labels: [] },
  { name: 'nodejs_gc_duration_seconds', type: 'histogram', labels: ['kind'] },
]

const SPAN_LABELS = ['service_name', 'span_name', 'span_kind', 'status_code', 'ctrip_chain']

/** Metrics of Prometheus, Alertmanager and the Collector about their own work and our spans, as deploy/ configures them. */
export const WATCHERS_METRICS: readonly ContractMetric[] = [
  { name: 'prometheus_rule_evaluation_failures_total', type: 'counter', labels: ['rule_group'] },
  { name: 'prometheus_rule_group_iterations_missed_total', type: 'counter', labels: ['rule_group'] },
  { name: 'prometheus_notifications_errors_total', type: 'counter', labels: ['alertmanager'] },
  { name: 'alertmanager_notifications_failed_total', type: 'counter', labels: ['integration'] },
  { name: 'otelcol_receiver_refused_spans_total', type: 'counter', labels: ['receiver'] },
  { name: 'otelcol_exporter_send_failed_spans_total', type: 'counter', labels: ['exporter'] },
  { name: 'otelcol_exporter_enqueue_failed_spans_total', type: 'counter', labels: ['exporter'] },
  { name: 'traces_span_metrics_calls_total', type: 'counter', labels: SPAN_LABELS },
  { name: 'traces_span_metrics_duration_seconds', type: 'histogram', labels: SPAN_LABELS },
  { name: 'traces_service_graph_request_total', type: 'counter', labels: ['client', 'server', 'connection_type'] },
  {
    name: 'traces_service_graph_request_failed_total',
    type: 'counter',
    labels: ['client', 'server', 'connection_type'],
  },
]

/**
 * What Prometheus adds to each series when it scrapes (deploy/prometheus/prometheus.yml). Its own `job` clashes with the
 * label of job_duration_seconds and renames that to `exported_job`: rules and dashboards use `worker`.
 */
export const TARGET_LABELS = ['service', 'instance'] as const

/** The names under which a metric's samples are queried, each with its labels. */
export function seriesOf({
  name,
  type,
  labels,
}: ContractMetric): readonly { name: string; labels: readonly string[] }[] {
  if (type !== 'histogram') return [{ name, labels }]
  return [
    { name: `${name}_bucket`, labels: [...labels, 'le'] },
    { name: `${name}_sum`, labels },
    { name: `${name}_count`, labels },
  ]
}

function counter(name: string, ...labels: string[]): ContractMetric {
  return { name: `ctrip_${name}`, type: 'counter', labels }
}

function gauge(name: string, ...labels: string[]): ContractMetric {
  return { name: `ctrip_${name}`, type: 'gauge', labels }
}

function histogram(name: string, ...labels: string[]): ContractMetric {
  return { name: `ctrip_${name}`, type: 'histogram', labels }
}
