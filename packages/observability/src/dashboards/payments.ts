import { type DashboardPlan, graph } from './dashboard-plan'
import { quantile, quantiles, rate, ratePerHour, share } from './promql'

const CREATION = '{method="POST", route="/api/v1/payments"}'

export const payments: DashboardPlan = {
  uid: 'ctrip-payments',
  title: 'cTrip / Payments',
  description: 'From the request for a payment to its settlement: the API, and the stages of payments.',
  variables: ['chain'],
  logs: '{service="ctrip-api"}',
  rows: [
    {
      title: 'Creation',
      panels: [
        graph('Payments created', 'Requests that passed validation, by what became of them.', 'perHour', {
          '{{chain}} {{asset}} {{outcome}}': ratePerHour('ctrip_payments_created_total{chain=~"$chain"}', [
            'chain',
            'asset',
            'outcome',
          ]),
        }),
        graph('Time to create', 'Promise: 99 % within 500 ms. The dots are requests: each opens its trace.', 's', {
          p50: quantile(0.5, 'ctrip_http_request_duration_seconds', CREATION),
          p99: quantile(0.99, 'ctrip_http_request_duration_seconds', CREATION),
        }),
        graph(
          'What requests wait for',
          'Address derivation is CPU; the rest is waiting for others.',
          's',
          quantiles('ctrip_dependency_duration_seconds', '', ['dependency']),
        ),
        graph('Deposit addresses left', 'A branch that is used up is followed by the next one.', 'short', {
          '{{of}}': 'min by (of) (ctrip_deposit_addresses_remaining)',
        }),
        graph('Answers of the API', 'Requests a second, by status code.', 'reqps', {
          '{{status_code}}': rate('ctrip_http_request_duration_seconds_count', ['status_code']),
        }),
        graph('Problems answered', "By the code of the problem. 4xx are the merchants', 5xx are ours.", 'reqps', {
          '{{route}} {{code}}': rate('ctrip_api_errors_total', ['route', 'code']),
        }),
        graph(
          'Requests in progress',
          'Growing without more traffic means that something below has become slow.',
          'short',
          {
            '{{instance}}': 'sum by (instance) (ctrip_http_active_requests)',
          },
        ),
        graph('Slowest routes', 'The 95th percentile of each route.', 's', {
          '{{method}} {{route}}': quantile(0.95, 'ctrip_http_request_duration_seconds', '', ['method', 'route']),
        }),
        graph('Repeated and refused requests', 'Known idempotency keys, and requests over the rate limit.', 'reqps', {
          'idempotency {{outcome}}': rate('ctrip_idempotency_replays_total', ['outcome']),
          'rate limited': rate('ctrip_rate_limited_total'),
        }),
      ],
    },
    {
      title: 'Stages',
      panels: [
        graph(
          'Detection',
          'Created to enough received: mostly the payer.',
          's',
          quantiles('ctrip_payment_stage_duration_seconds', '{chain=~"$chain", stage="detection"}', ['chain']),
        ),
        graph(
          'Confirmation',
          'Enough received to final by policy. Promise: 99 % within the target of the chain.',
          's',
          quantiles('ctrip_payment_stage_duration_seconds', '{chain=~"$chain", stage="confirmation"}', ['chain']),
        ),
        graph(
          'Settlement',
          'Confirmed to collected in the treasury.',
          's',
          quantiles('ctrip_payment_stage_duration_seconds', '{chain=~"$chain", stage="settlement"}', ['chain']),
        ),
        graph('Transitions', 'Each change of status. Anything back to pending or detected is a reorg.', 'perHour', {
          '{{from}} → {{to}}': ratePerHour('ctrip_payment_transitions_total{chain=~"$chain"}', ['from', 'to']),
        }),
        graph(
          'Paid otherwise than asked',
          'Over, late, in another asset, on another chain: recorded and collected all the same.',
          'perHour',
          {
            '{{chain}} {{kind}}': ratePerHour('ctrip_payment_mismatches_total{chain=~"$chain"}', ['chain', 'kind']),
          },
        ),
        graph('Checkout sessions', 'Made, and what became of them; a reopened one lost money to a reorg.', 'perHour', {
          '{{outcome}}': ratePerHour('ctrip_checkout_sessions_total', ['outcome']),
        }),
        graph('Open checkout sessions', 'Neither complete nor expired.', 'short', {
          open: 'max(ctrip_checkout_sessions_open)',
        }),
        graph('Expired or canceled', 'Share of payments that ended without money.', 'percentunit', {
          '{{chain}}': share(
            rate('ctrip_payment_transitions_total{chain=~"$chain", to=~"expired|canceled"}', ['chain']),
            rate('ctrip_payments_created_total{chain=~"$chain"}', ['chain']),
          ),
        }),
      ],
    },
  ],
}
