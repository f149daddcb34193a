import { OBJECTIVES } from '../slo/objectives'
import { type DashboardPlan, graph, number, type PanelPlan } from './dashboard-plan'
import { quantiles, rate } from './promql'

/** Is it healthy, where is the money, who waits for what. */
export const overview: DashboardPlan = {
  uid: 'ctrip-overview',
  title: 'cTrip / Overview',
  description: 'Promises kept, money in flight, and what waits longest. Start here.',
  variables: ['chain'],
  logs: '{service=~"ctrip-.+", level=~"warn|error|fatal"}',
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          'Services down',
          'Services of which no replica answers.',
          'none',
          '4 - count(max by (service) (up{service=~"ctrip-.+"}) == 1) or vector(4)',
          { alarmAt: 1 },
        ),
        number(
          'Dependencies down',
          'Database, NATS and others as the services probe them. /readyz says what is wrong.',
          'none',
          'count(min by (service, dependency) (ctrip_dependency_up) == 0) or vector(0)',
          { alarmAt: 1 },
        ),
        number(
          'Scanner lag',
          'How much older the newest committed block is than the newest known, of the worst chain.',
          's',
          'max(ctrip_scan_lag_seconds{chain=~"$chain"})',
          { warnAt: 60, alarmAt: 300 },
        ),
        number(
          'Oldest unpublished event',
          'Events wait in the outbox while NATS is away; webhooks wait with them.',
          's',
          'max(ctrip_outbox_oldest_age_seconds)',
          { warnAt: 10, alarmAt: 60 },
        ),
        number(
          'Payments overdue',
          "Seen on the chain longer ago than the chain's target allows, and not confirmed.",
          'none',
          'sum(max by (chain) (ctrip_payments_overdue{chain=~"$chain"}))',
          { warnAt: 1, alarmAt: 10 },
        ),
        number(
          'Dead letters, 24 h',
          'Webhooks given up on after the last retry; they can be replayed.',
          'none',
          'max(ctrip_webhook_dead_letters)',
          { warnAt: 1 },
        ),
      ],
    },
    {
      title: 'Promises (service level objectives)',
      panels: [
        ...OBJECTIVES.map(budget),
        graph(
          'Burn rate, 1 h',
          'Times faster than the budget allows. Above 14.4 it pages.',
          'none',
          Object.fromEntries(
            OBJECTIVES.map(({ name, target }) => [
              name,
              `max(ctrip:slo_error:ratio1h{slo="${name}"}) / ${Number((1 - target).toPrecision(6))}`,
            ]),
          ),
        ),
      ],
    },
    {
      title: 'Money in flight',
      panels: [
        graph('Open payments', 'Payments that wait for something, by what they wait for.', 'short', {
          '{{chain}} {{status}}': 'max by (chain, status) (ctrip_payments_open{chain=~"$chain"})',
        }),
        graph(
          'Oldest open payment',
          'Age of the oldest payment in each status. `ctrip payments show` says what one waits for.',
          's',
          {
            '{{chain}} {{status}}': 'max by (chain, status) (ctrip_payment_oldest_open_age_seconds{chain=~"$chain"})',
          },
        ),
        graph(
          'Not collected yet',
          'Confirmed money that is still at deposit addresses, in units of the asset.',
          'short',
          {
            '{{chain}} {{asset}}': 'max by (chain, asset) (ctrip_sweep_unswept_value{chain=~"$chain"})',
          },
        ),
        graph('Payments by status reached', 'Changes of status a second.', 'ops', {
          '{{to}}': rate('ctrip_payment_transitions_total{chain=~"$chain"}', ['to']),
        }),
        graph(
          'Time of each stage',
          'Created to detected, to confirmed, to settled. The dots are payments: each opens its trace.',
          's',
          quantiles('ctrip_payment_stage_duration_seconds', '{chain=~"$chain"}', ['stage']),
        ),
        graph(
          'Webhooks: commit to delivered',
          'From the change to the 2xx of the receiver, retries included.',
          's',
          quantiles('ctrip_webhook_delivery_latency_seconds'),
        ),
      ],
    },
  ],
}

function budget({ name, promise, target }: (typeof OBJECTIVES)[number]): PanelPlan {
  const allowed = Number((1 - target).toPrecision(6))
  return number(
    `Broken: ${name.replaceAll('_', ' ')}`,
    `Share of events of 3 days that broke the promise: ${promise}.`,
    'percentunit',
    `max(ctrip:slo_error:ratio3d{slo="${name}"})`,
    { warnAt: allowed / 2, alarmAt: allowed },
  )
}
