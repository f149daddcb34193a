import { type DashboardPlan, graph, logs, number } from './dashboard-plan'
import { quantile, rate, share } from './promql'

const HERE = '{service=~"$service", instance=~"$instance"}'
const WARNINGS = '{service=~"$service", level=~"warn|error|fatal"}'
const SPANS = '{service_name=~"$service", span_kind!="SPAN_KIND_INTERNAL"}'
const CALLS = `traces_span_metrics_calls_total${SPANS}`
const FAILED = CALLS.replace('}', ', status_code="STATUS_CODE_ERROR"}')

export const services: DashboardPlan = {
  uid: 'ctrip-services',
  title: 'cTrip / Services',
  description: 'The processes: health, work loops, memory, event loop, requests between them, and what they warn of.',
  variables: ['service', 'instance'],
  logs: WARNINGS,
  rows: [
    {
      title: 'Health',
      panels: [
        number('Replicas up', 'Of each service.', 'none', 'sum by (service) (up{service=~"$service"})', {
          limits: { alarmBelow: 1 },
          legend: '{{service}}',
        }),
        number(
          'Running',
          'Versions at work; more than one while a release rolls out.',
          'none',
          `count by (version) (ctrip_build_info${HERE})`,
          { legend: '{{version}}' },
        ),
        graph('Dependencies', '1 while a dependency answers its probe.', 'none', {
          '{{service}} {{dependency}}': `min by (service, dependency) (ctrip_dependency_up${HERE})`,
        }),
        graph('Uptime', 'Falls to 0 with each restart.', 's', {
          '{{service}} {{instance}}': `time() - process_start_time_seconds${HERE}`,
        }),
      ],
    },
    {
      title: 'Work loops',
      panels: [
        graph(
          'Since the last heartbeat',
          'A loop beats on each attempt, failed ones too. Silence means that it hangs.',
          's',
          {
            '{{service}} {{worker}}': `time() - max by (service, worker) (ctrip_worker_heartbeat_timestamp_seconds${HERE})`,
          },
        ),
        graph('Time of a run', 'The 95th percentile, by worker.', 's', {
          '{{worker}}': quantile(0.95, 'ctrip_job_duration_seconds', HERE, ['worker']),
        }),
        graph('Failed runs', 'Share of all runs. Each is tried again.', 'percentunit', {
          '{{worker}}': share(
            rate('ctrip_job_duration_seconds_count{service=~"$service", instance=~"$instance", outcome="failed"}', [
              'worker',
            ]),
            rate(`ctrip_job_duration_seconds_count${HERE}`, ['worker']),
          ),
        }),
        graph('Retries', 'By reason.', 'ops', {
          '{{worker}} {{reason}}': rate(`ctrip_job_retries_total${HERE}`, ['worker', 'reason']),
        }),
      ],
    },
    {
      title: 'Process',
      panels: [
        graph('CPU', 'Cores in use. A service is one thread: near 1 it is busy.', 'short', {
          '{{service}} {{instance}}': rate(`process_cpu_seconds_total${HERE}`, ['service', 'instance']),
        }),
        graph('Memory', 'Resident.', 'bytes', { '{{service}} {{instance}}': `process_resident_memory_bytes${HERE}` }),
        graph('Heap', 'Used by JavaScript.', 'bytes', {
          '{{service}} {{instance}}': `nodejs_heap_size_used_bytes${HERE}`,
        }),
        graph('Event loop lag', 'The 99th percentile: what every request waits besides its own work.', 's', {
          '{{service}} {{instance}}': `nodejs_eventloop_lag_p99_seconds${HERE}`,
        }),
        graph('Garbage collection', 'Share of time.', 'percentunit', {
          '{{service}} {{kind}}': rate(`nodejs_gc_duration_seconds_sum${HERE}`, ['service', 'kind']),
        }),
      ],
    },
    {
      title: 'Requests, errors and durations, made of spans',
      panels: [
        graph('Calls', 'Spans of each service that begin or end a request, or a message.', 'reqps', {
          '{{service_name}} {{span_name}}': rate(CALLS, ['service_name', 'span_name']),
        }),
        graph('Errors', 'Share of the calls that failed.', 'percentunit', {
          '{{service_name}} {{span_name}}': share(
            rate(FAILED, ['service_name', 'span_name']),
            rate(CALLS, ['service_name', 'span_name']),
          ),
        }),
        graph('Durations', 'The 95th percentile. The dots are traces.', 's', {
          '{{service_name}} {{span_name}}': quantile(0.95, 'traces_span_metrics_duration_seconds', SPANS, [
            'service_name',
            'span_name',
          ]),
        }),
        graph('Who calls whom', 'The service graph: requests, messages and queries between services.', 'reqps', {
          '{{client}} → {{server}}': rate('traces_service_graph_request_total', ['client', 'server']),
        }),
        graph('Failed calls between services', 'Of the same edges.', 'reqps', {
          '{{client}} → {{server}}': rate('traces_service_graph_request_failed_total', ['client', 'server']),
        }),
      ],
    },
    { title: 'Logs', panels: [logs('Warnings and errors', 'trace_id opens the trace in Jaeger.', WARNINGS)] },
  ],
}
