import { parse } from 'yaml'
import { readText } from './repository'

/** The keys that a component documents, nested ones with dots; `*` stands for a name of one's own. */
type Documented = Readonly<Record<string, readonly string[]>>

const OTLP_RECEIVER = ['protocols.grpc.endpoint', 'protocols.http.endpoint']
const BATCH = ['timeout', 'send_batch_size', 'send_batch_max_size']
const PIPELINES = ['pipelines.*.receivers', 'pipelines.*.processors', 'pipelines.*.exporters', 'extensions']

// These programs refuse to start for a key that they do not know, and none of them runs in our tests. The keys are written down from
// their documentation and sources, as far as they are of use here: a new one is looked up there, not guessed.
const COMPONENTS: Readonly<Record<string, Documented>> = {
  'deploy/collector/collector.yml': {
    'receivers.otlp': OTLP_RECEIVER,
    'processors.memory_limiter': ['check_interval', 'limit_mib', 'limit_percentage', 'spike_limit_percentage'],
    'processors.batch': BATCH,
    'connectors.spanmetrics': [
      ...['exemplars.enabled', 'metrics_flush_interval', 'namespace', 'dimensions'],
      ...['histogram.unit', 'histogram.explicit.buckets'],
    ],
    'connectors.servicegraph': ['metrics_flush_interval', 'store.ttl', 'store.max_items', 'dimensions', 'cache_loop'],
    'exporters.otlp_grpc/jaeger': [
      'endpoint',
      'tls.insecure',
      'sending_queue.queue_size',
      'retry_on_failure',
      'timeout',
    ],
    'exporters.prometheus': ['endpoint', 'enable_open_metrics', 'namespace', 'resource_to_telemetry_conversion'],
    'extensions.health_check': ['endpoint', 'path'],
    service: [...PIPELINES, 'telemetry.metrics.readers', 'telemetry.metrics.level', 'telemetry.logs.level'],
  },
  'deploy/jaeger/jaeger.yml': {
    'receivers.otlp': OTLP_RECEIVER,
    'processors.batch': BATCH,
    'exporters.jaeger_storage_exporter': ['trace_storage'],
    'extensions.healthcheckv2': ['use_v2', 'http.endpoint'],
    'extensions.jaeger_storage': [
      ...['ttl.spans', 'directories.keys', 'directories.values', 'ephemeral'].map((key) => `backends.*.badger.${key}`),
      ...['endpoint', 'normalize_calls', 'normalize_duration'].map((key) => `metric_backends.*.prometheus.${key}`),
    ],
    'extensions.jaeger_query': [
      'storage.traces',
      'storage.metrics',
      'http.endpoint',
      'grpc.endpoint',
      'ui.config_file',
    ],
    service: PIPELINES,
  },
  'deploy/loki/loki.yml': {
    auth_enabled: [''],
    server: ['http_listen_port', 'grpc_listen_port', 'log_level'],
    common: [
      ...['path_prefix', 'replication_factor', 'ring.instance_addr', 'ring.kvstore.store'],
      ...['storage.filesystem.chunks_directory', 'storage.filesystem.rules_directory'],
    ],
    schema_config: ['configs'],
    limits_config: ['retention_period', 'max_label_names_per_series'],
    compactor: ['working_directory', 'retention_enabled', 'delete_request_store'],
    analytics: ['reporting_enabled'],
  },
}

const GROUPS = new Set(['receivers', 'processors', 'connectors', 'exporters', 'extensions'])

describe.each(Object.entries(COMPONENTS))('%s', (file, documented) => {
  const components = Object.entries(parse(readText(file)) as Record<string, unknown>).flatMap(([name, value]) =>
    GROUPS.has(name)
      ? Object.entries(value as object).map(([id, settings]): [string, unknown] => [`${name}.${id}`, settings])
      : [[name, value] as [string, unknown]],
  )

  test.each(components)('%s has documented keys only', (name, settings) => {
    const patterns = (documented[name] ?? []).map(
      (key) => new RegExp(`^${key.replaceAll('.', '\\.').replaceAll('*', '[\\w/]+')}$`),
    )
    expect(keysOf(settings).filter((key) => !patterns.some((pattern) => pattern.test(key)))).toEqual([])
  })
})

/** Every setting by its path; lists are values. */
function keysOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([key, nested]) => keysOf(nested, path === '' ? key : `${path}.${key}`))
}
