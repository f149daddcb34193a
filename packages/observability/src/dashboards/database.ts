import { type DashboardPlan, graph, number } from './dashboard-plan'
import { quantile, quantiles, rate, share } from './promql'

const HERE = '{service=~"$service"}'

export const database: DashboardPlan = {
  uid: 'ctrip-database',
  title: 'cTrip / Database',
  description: 'The connection pools of the services, and the operations they run.',
  variables: ['service'],
  logs: '{service=~"ctrip-.+"} |~ "db\\\\.|database"',
  rows: [
    {
      title: 'Pools',
      panels: [
        number('Database up', 'As every service sees it.', 'none', 'min(ctrip_dependency_up{dependency="database"})', {
          limits: { alarmBelow: 1 },
        }),
        number(
          'Waiting',
          'Requests that wait for a connection.',
          'none',
          `sum(ctrip_db_pool_pending_requests${HERE})`,
          { limits: { warnAt: 1, alarmAt: 50 } },
        ),
        graph('Connections', 'Active ones are in a query or a transaction.', 'short', {
          '{{service}} {{state}}': `sum by (service, state) (ctrip_db_pool_connections${HERE})`,
        }),
        graph('In use', 'Share of the open connections that are active.', 'percentunit', {
          '{{service}}': share(
            'sum by (service) (ctrip_db_pool_connections{service=~"$service", state="active"})',
            `sum by (service) (ctrip_db_pool_connections${HERE})`,
          ),
        }),
        graph('Waiting for a connection', 'Requests in line.', 'short', {
          '{{service}}': `sum by (service) (ctrip_db_pool_pending_requests${HERE})`,
        }),
        graph(
          'Time to get a connection',
          'A busy pool shows here first.',
          's',
          quantiles('ctrip_db_pool_acquire_duration_seconds', HERE, ['service']),
        ),
        graph('No connection in time', 'Each one is a failed request or a retried job.', 'ops', {
          '{{service}}': rate(`ctrip_db_pool_timeouts_total${HERE}`, ['service']),
        }),
      ],
    },
    {
      title: 'Disk',
      panels: [
        graph('Database', 'Bytes on disk, without the write-ahead log. Free space is not visible to SQL.', 'bytes', {
          database: 'max(ctrip_database_bytes)',
        }),
        graph('Log held back', 'By the slowest replication slot. Above 5 GiB it alerts.', 'bytes', {
          held: 'max(ctrip_database_wal_retained_bytes)',
        }),
        graph('Stream of events', 'At its limit NATS drops the oldest.', 'bytes', {
          bytes: 'max(ctrip_stream_bytes)',
          limit: 'max(ctrip_stream_bytes_limit)',
        }),
      ],
    },
    {
      title: 'Operations',
      panels: [
        graph('Operations', 'Named statements and transactions a second.', 'ops', {
          '{{operation}}': rate(`ctrip_db_query_duration_seconds_count${HERE}`, ['operation']),
        }),
        graph('Time of operations', 'The 95th percentile. The dots open traces.', 's', {
          '{{operation}}': quantile(0.95, 'ctrip_db_query_duration_seconds', HERE, ['operation']),
        }),
        graph('Slow operations', 'Above the threshold; each is logged with its name, never with values.', 'ops', {
          '{{operation}}': rate(`ctrip_db_slow_queries_total${HERE}`, ['operation']),
        }),
        graph('Retried transactions', 'After a deadlock or a serialisation failure.', 'ops', {
          '{{operation}}': rate(`ctrip_db_retries_total${HERE}`, ['operation']),
        }),
      ],
    },
  ],
}
