import { type DashboardPlan, graph, number } from './dashboard-plan'
import { quantile, quantiles, rate, share } from './promql'

export const webhooks: DashboardPlan = {
  uid: 'ctrip-webhooks',
  title: 'cTrip / Webhooks',
  description:
    'From the outbox over NATS to the receivers. Our part is the time until an attempt starts; the rest is theirs.',
  variables: [],
  logs: '{service="ctrip-webhook-dispatcher"}',
  rows: [
    {
      title: 'Delivery',
      panels: [
        number('Due now', 'Deliveries that could be attempted this moment.', 'none', 'max(ctrip_webhook_due)', {
          limits: { warnAt: 1000 },
        }),
        number('Waiting for', 'How long the oldest of them has been due.', 's', 'max(ctrip_webhook_due_lag_seconds)', {
          limits: { warnAt: 10, alarmAt: 60 },
        }),
        number('Dead letters, 24 h', 'Given up on after the last retry.', 'none', 'max(ctrip_webhook_dead_letters)', {
          limits: { warnAt: 1 },
        }),
        number(
          'Open circuits',
          'Endpoints that fail so often that they are only probed.',
          'none',
          'max(ctrip_webhook_circuits_open)',
          { limits: { warnAt: 1 } },
        ),
        number('In flight', 'Attempts under way, in all replicas.', 'none', 'sum(ctrip_webhook_in_flight)'),
        graph('Attempts', 'By outcome.', 'ops', { '{{outcome}}': rate('ctrip_webhook_attempts_total', ['outcome']) }),
        graph('Why attempts fail', "The receiver's status, or what stopped us from reaching it.", 'ops', {
          '{{reason}}': rate('ctrip_webhook_attempts_total{outcome!="delivered"}', ['reason']),
        }),
        graph('Delivered at once', 'Share of attempts that succeed, by type of event.', 'percentunit', {
          '{{event_type}}': share(
            rate('ctrip_webhook_attempts_total{outcome="delivered"}', ['event_type']),
            rate('ctrip_webhook_attempts_total', ['event_type']),
          ),
        }),
        graph('Due to started', 'Our own part. Promise: 99.5 % within 10 s.', 's', {
          p50: quantile(0.5, 'ctrip_webhook_start_latency_seconds'),
          'p99.5': quantile(0.995, 'ctrip_webhook_start_latency_seconds'),
        }),
        graph(
          'Time of attempts',
          "The receivers' part.",
          's',
          quantiles('ctrip_webhook_attempt_duration_seconds', '', ['outcome']),
        ),
        graph(
          'Commit to delivered',
          'Retries included. The dots open traces.',
          's',
          quantiles('ctrip_webhook_delivery_latency_seconds', '', ['event_type']),
        ),
      ],
    },
    {
      title: 'Events',
      panels: [
        graph('Outbox', 'Committed events that are not published yet.', 'short', {
          pending: 'max(ctrip_outbox_pending)',
        }),
        graph('Oldest in the outbox', 'Above a minute it pages.', 's', { age: 'max(ctrip_outbox_oldest_age_seconds)' }),
        graph(
          'Commit to published',
          'Acknowledged by JetStream.',
          's',
          quantiles('ctrip_outbox_publish_duration_seconds'),
        ),
        graph('Messages handled', 'By consumer and outcome.', 'ops', {
          '{{consumer}} {{outcome}}': rate('ctrip_messages_processed_total', ['consumer', 'outcome']),
        }),
        graph('Consumers behind', 'Messages in the stream that a consumer has not been given.', 'short', {
          '{{consumer}}': 'max by (consumer) (ctrip_consumer_pending)',
        }),
        graph('Delivered again', 'Messages that came a second time or more.', 'ops', {
          redelivered: rate('ctrip_messages_redelivered_total'),
        }),
      ],
    },
  ],
}
