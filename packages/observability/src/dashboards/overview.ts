import { OBJECTIVES } from '../slo/objectives'
import { PERIOD } from '../slo/slo-rules'
import { type DashboardPlan, graph, number, type PanelPlan } from './dashboard-plan'
import { quantiles, ratePerHour } from './promql'
import { GAS_WALLET_LOW } from './sweeper'

/** Is it healthy, where is the money, who waits for what. */
export const overview: DashboardPlan = {
  uid: 'ctrip-overview',
  title: 'cTrip / Overview',
  description: 'Promises kept, money in flight, and what waits longest. Start here.',
  variables: ['chain'],
  logs: '{service=~"ctrip-.+", level=~"warn|error|fatal"}',
  rows: [
    {
      title: 'Firing now',
      panels: [
        number(
          'Alerts',
          'Every alert that fires, with where. None fires: no data. The runbook of each is docs/runbooks/NAME.md.',
          'none',
          'count by (alertname, severity, service, chain, provider, dependency) (ALERTS{alertstate="firing", alertname!="Watchdog"})',
          {
            limits: { warnAt: 1 },
            legend: '{{alertname}} {{service}} {{chain}} {{provider}} {{dependency}}',
            width: 24,
          },
        ),
      ],
    },
    {
      title: 'Is it healthy',
      panels: [
        number(
          'Services down',
          'Services of which no replica answers.',
          'none',
          '4 - count(max by (service) (up{service=~"ctrip-.+"}) == 1) or vector(4)',
          { limits: { alarmAt: 1 }, opens: 'ctrip-services', width: 3 },
        ),
        number(
          'Dependencies down',
          'Database, NATS and others as the services probe them. /readyz says what is wrong.',
          'none',
          'count(min by (service, dependency) (ctrip_dependency_up) == 0) or vector(0)',
          { limits: { alarmAt: 1 }, opens: 'ctrip-services', width: 3 },
        ),
        number(
          'Last good scan',
          'Age of the last good scan of each chain. Older than two minutes pages.',
          's',
          'time() - max by (chain) (ctrip_scan_last_success_timestamp_seconds{chain=~"$chain"})',
          { limits: { warnAt: 60, alarmAt: 120 }, legend: '{{chain}}', opens: 'ctrip-scanner', width: 3 },
        ),
        number(
          'Chains stopped',
          'Chains that are halted, or whose scan stands still although newer blocks are known. GET /chains says why.',
          'none',
          'sum(max by (chain) (ctrip_chain_halted{chain=~"$chain"})) + sum(max by (chain) (ctrip_chain_stalled{chain=~"$chain"}))',
          { limits: { alarmAt: 1 }, opens: 'ctrip-scanner', width: 3 },
        ),
        number(
          'Discrepancies',
          'Where the ledger and a chain disagree. Anything but 0 pages.',
          'none',
          'sum(max by (chain) (ctrip_reconciliation_discrepancies{chain=~"$chain"}))',
          { limits: { alarmAt: 1 }, opens: 'ctrip-scanner', width: 3 },
        ),
        number(
          'Sweeper halted',
          'Chains on which the sweeper stopped signing by itself: somebody else used a nonce.',
          'none',
          'sum(max by (chain) (ctrip_sweep_halted{chain=~"$chain"}))',
          { limits: { alarmAt: 1 }, opens: 'ctrip-sweeper', width: 3 },
        ),
        number(
          'Gas wallet',
          'Native coin that pays for sweeps. Without it nothing is swept; no money is lost.',
          'short',
          'min by (chain) (ctrip_gas_wallet_balance{chain=~"$chain"})',
          {
            limits: { warnBelow: GAS_WALLET_LOW, alarmBelow: 1e-9 },
            legend: '{{chain}}',
            opens: 'ctrip-sweeper',
            width: 3,
          },
        ),
        number(
          'Reorg margin',
          'Smallest confirmation depth minus the deepest reorg of 24 h. At 0 a confirmed payment may vanish.',
          'blocks',
          'min(ctrip_reorg_safety_margin_blocks{chain=~"$chain"})',
          { limits: { warnBelow: 2, alarmBelow: 1 }, opens: 'ctrip-scanner', width: 3 },
        ),
      ],
    },
    {
      title: 'What is stuck',
      panels: [
        number(
          'Scanner lag',
          'How much older the newest committed block is than the newest known, of the worst chain.',
          's',
          'max(ctrip_scan_lag_seconds{chain=~"$chain"})',
          { limits: { warnAt: 60, alarmAt: 300 }, opens: 'ctrip-scanner', width: 3 },
        ),
        number(
          'Payments overdue',
          "Seen on the chain longer ago than the chain's target allows, and not confirmed.",
          'none',
          'sum(max by (chain) (ctrip_payments_overdue{chain=~"$chain"}))',
          { limits: { warnAt: 1, alarmAt: 10 }, opens: 'ctrip-payments', width: 3 },
        ),
        number(
          'Addresses not ours',
          'Addresses with money to which the configured mnemonic does not lead.',
          'none',
          'sum(max by (chain) (ctrip_sweep_underivable_addresses{chain=~"$chain"}))',
          { limits: { alarmAt: 1 }, opens: 'ctrip-sweeper', width: 3 },
        ),
        number(
          'Oldest unpublished event',
          'Events wait in the outbox while NATS is away; webhooks wait with them.',
          's',
          'max(ctrip_outbox_oldest_age_seconds)',
          { limits: { warnAt: 10, alarmAt: 60 }, opens: 'ctrip-services', width: 3 },
        ),
        number(
          'Oldest due webhook',
          'How long the oldest delivery has been due and not attempted.',
          's',
          'max(ctrip_webhook_due_lag_seconds)',
          { limits: { warnAt: 10, alarmAt: 60 }, opens: 'ctrip-webhooks', width: 3 },
        ),
        number(
          'Failing endpoints',
          "Merchants' endpoints whose circuit is open: they are only probed.",
          'none',
          'max(ctrip_webhook_circuits_open)',
          { limits: { warnAt: 1 }, opens: 'ctrip-webhooks', width: 3 },
        ),
        number(
          'Dead letters, 24 h',
          'Webhooks given up after the last retry; they can be replayed.',
          'none',
          'max(ctrip_webhook_dead_letters)',
          { limits: { warnAt: 1 }, opens: 'ctrip-webhooks', width: 3 },
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
        graph('Payments by status reached', 'Changes of status an hour.', 'perHour', {
          '{{to}}': ratePerHour('ctrip_payment_transitions_total{chain=~"$chain"}', ['to']),
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

/** The rest of the error budget of 30 days: 1 is all of it, 0 and less is none. */
function budget({ name, promise, target }: (typeof OBJECTIVES)[number]): PanelPlan {
  const allowed = Number((1 - target).toPrecision(6))
  return number(
    `Budget left: ${name.replaceAll('_', ' ')}`,
    `Share of the error budget of 30 days that is left. The promise: ${promise}.`,
    'percentunit',
    `1 - max(ctrip:slo_error:ratio${PERIOD}{slo="${name}"}) / ${allowed}`,
    { limits: { warnBelow: 0.5, alarmBelow: 1e-9 }, opens: 'ctrip-payments', width: 6 },
  )
}
