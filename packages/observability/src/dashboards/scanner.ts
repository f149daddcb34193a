import { type DashboardPlan, graph, number } from './dashboard-plan'
import { quantile, quantiles, rate, ratePerHour, share } from './promql'

const CHAIN = '{chain=~"$chain"}'

export const scanner: DashboardPlan = {
  uid: 'ctrip-scanner',
  title: 'cTrip / Scanner',
  description:
    'How far each chain has been scanned, how soon transfers are seen, and whether its providers can be trusted.',
  variables: ['chain'],
  logs: '{service="ctrip-scanner"}',
  rows: [
    {
      title: 'Progress',
      panels: [
        number(
          'Last good cycle',
          'When each chain was last scanned without error. Older than two minutes pages.',
          's',
          `time() - max by (chain) (ctrip_scan_last_success_timestamp_seconds${CHAIN})`,
          { limits: { warnAt: 60, alarmAt: 120 }, legend: '{{chain}}' },
        ),
        number(
          'Lag',
          'Blocks known to exist and not committed.',
          'blocks',
          `max by (chain) (ctrip_scan_lag_blocks${CHAIN})`,
          { limits: { warnAt: 20, alarmAt: 200 }, legend: '{{chain}}' },
        ),
        number(
          'Safety margin',
          'Smallest confirmation depth minus the deepest reorg of 24 h. At 0 a confirmed payment may vanish.',
          'blocks',
          `min by (chain) (ctrip_reorg_safety_margin_blocks${CHAIN})`,
          { limits: { warnBelow: 2, alarmBelow: 1 }, legend: '{{chain}}' },
        ),
        number(
          'Discrepancies',
          'Where the ledger and the chain disagree. Never anything but 0.',
          'none',
          `max by (chain) (ctrip_reconciliation_discrepancies${CHAIN})`,
          { limits: { alarmAt: 1 }, legend: '{{chain}}' },
        ),
        graph('Cursor and head', 'The newest committed block, and the newest known.', 'short', {
          '{{chain}} cursor': `max by (chain) (ctrip_scan_cursor_block${CHAIN})`,
          '{{chain}} {{tag}}': `max by (chain, tag) (ctrip_chain_head_block${CHAIN})`,
        }),
        graph('Blocks committed', 'A second.', 'ops', {
          '{{chain}}': rate(`ctrip_blocks_scanned_total${CHAIN}`, ['chain']),
        }),
        graph(
          'Range of a cycle',
          'Blocks committed in one go: above one, it is catching up.',
          'blocks',
          quantiles('ctrip_scan_range_blocks', CHAIN, ['chain']),
        ),
        graph('Lag in seconds', 'How much older the newest committed block is than the newest known.', 's', {
          '{{chain}}': `max by (chain) (ctrip_scan_lag_seconds${CHAIN})`,
        }),
      ],
    },
    {
      title: 'Rates',
      panels: [
        graph('Available', 'Whether the asset can be priced in every configured currency: 1 or 0.', 'none', {
          '{{chain}} {{asset}}': `min by (chain, asset) (ctrip_rate_available${CHAIN})`,
        }),
        graph('Age', 'Age of the oldest round that the rate is made of.', 's', {
          '{{chain}} {{asset}}/{{currency}}': `max by (chain, asset, currency) (ctrip_rate_age_seconds${CHAIN})`,
        }),
        graph(
          'Readings that are not accepted',
          'Readings of price feeds, by the reason why the round is not used.',
          'none',
          {
            '{{chain}} {{asset}} {{outcome}}': `sum by (chain, asset, outcome) (increase(ctrip_rate_reads_total{chain=~"$chain", outcome!="accepted"}[$__rate_interval]))`,
          },
        ),
      ],
    },
    {
      title: 'Transfers',
      panels: [
        graph(
          'Seen after',
          "From a block's own time to its commit.",
          's',
          quantiles('ctrip_block_detection_latency_seconds', CHAIN, ['chain']),
        ),
        graph('Transfers detected', 'To our addresses; matched: the asset and chain that was asked for.', 'perHour', {
          '{{chain}} {{asset}} matched {{matched}}': ratePerHour(`ctrip_transfers_detected_total${CHAIN}`, [
            'chain',
            'asset',
            'matched',
          ]),
        }),
        graph('Reorgs', 'Times that committed blocks left the chain.', 'perHour', {
          '{{chain}}': ratePerHour(`ctrip_reorgs_total${CHAIN}`, ['chain']),
        }),
        graph(
          'Depth of reorgs',
          'Committed blocks that left the chain at once.',
          'blocks',
          quantiles('ctrip_reorg_depth_blocks', CHAIN, ['chain']),
        ),
      ],
    },
    {
      title: 'Providers',
      panels: [
        graph('Providers up', '1 while a provider answers; 0 while its circuit breaker is open.', 'none', {
          '{{chain}} {{provider}}': `min by (chain, provider) (ctrip_rpc_provider_up${CHAIN})`,
        }),
        graph('Provider behind', 'Blocks that a provider is behind the best known head.', 'blocks', {
          '{{chain}} {{provider}}': `max by (chain, provider) (ctrip_rpc_provider_head_lag_blocks${CHAIN})`,
        }),
        graph('Requests by outcome', 'ok, or the kind of the error.', 'reqps', {
          '{{provider}} {{outcome}}': rate(`ctrip_rpc_requests_total${CHAIN}`, ['provider', 'outcome']),
        }),
        graph('Failed requests', 'Share of all requests to a provider.', 'percentunit', {
          '{{chain}} {{provider}}': share(
            rate('ctrip_rpc_requests_total{chain=~"$chain", outcome!="ok"}', ['chain', 'provider']),
            rate(`ctrip_rpc_requests_total${CHAIN}`, ['chain', 'provider']),
          ),
        }),
        graph('Time of requests', 'The 95th percentile, by provider and method.', 's', {
          '{{provider}} {{method}}': quantile(0.95, 'ctrip_rpc_request_duration_seconds', CHAIN, [
            'provider',
            'method',
          ]),
        }),
        graph(
          'Failovers and refused blocks',
          'Refused: what the provider sent does not hash to what it claims.',
          'ops',
          {
            '{{provider}} failed over': rate(`ctrip_rpc_failovers_total${CHAIN}`, ['provider']),
            '{{provider}} {{check}} refused': rate(`ctrip_block_verification_failures_total${CHAIN}`, [
              'provider',
              'check',
            ]),
          },
        ),
      ],
    },
  ],
}
