import { type DashboardPlan, graph, number } from './dashboard-plan'
import { quantiles, rate } from './promql'

const CHAIN = '{chain=~"$chain"}'
/** In native coin: the floor of the alert GasWalletLow. */
export const GAS_WALLET_LOW = 0.05

export const sweeper: DashboardPlan = {
  uid: 'ctrip-sweeper',
  title: 'cTrip / Sweeper',
  description: 'What is collected into the treasury, what waits, and what it costs.',
  variables: ['chain'],
  logs: '{service="ctrip-sweeper"}',
  rows: [
    {
      title: 'Collection',
      panels: [
        number(
          'Gas wallet',
          'What pays for sweeps, in native coin. Empty, nothing is collected; no money is lost.',
          'short',
          `min by (chain) (ctrip_gas_wallet_balance${CHAIN})`,
          { limits: { warnBelow: GAS_WALLET_LOW, alarmBelow: 1e-9 }, legend: '{{chain}}' },
        ),
        number(
          'Waiting',
          'Addresses with confirmed money that is not collected. Dust waits for more.',
          'none',
          `sum by (chain) (max by (chain, asset) (ctrip_sweep_backlog${CHAIN}))`,
          { legend: '{{chain}}' },
        ),
        number(
          'Halted',
          'Chains on which the sweeper stopped signing by itself: a nonce was used, and not by us.',
          'none',
          `sum(max by (chain) (ctrip_sweep_halted${CHAIN}))`,
          { limits: { alarmAt: 1 } },
        ),
        number(
          'Not ours',
          'Addresses with money to which the configured mnemonic does not lead.',
          'none',
          `sum(max by (chain) (ctrip_sweep_underivable_addresses${CHAIN}))`,
          { limits: { alarmAt: 1 } },
        ),
        graph('Waiting, over time', 'By asset.', 'short', {
          '{{chain}} {{asset}}': `max by (chain, asset) (ctrip_sweep_backlog${CHAIN})`,
        }),
        graph('Why money waits', 'Addresses whose money is not planned to be swept, by reason.', 'short', {
          '{{chain}} {{reason}}': `max by (chain, reason) (ctrip_sweep_waiting${CHAIN})`,
        }),
        graph(
          'Why sweeps are not signed',
          'Planned sweeps, by the reason why their next transaction is not signed.',
          'short',
          {
            '{{chain}} {{reason}}': `max by (chain, reason) (ctrip_sweeps_waiting${CHAIN})`,
          },
        ),
        graph('Value waiting', 'In units of the asset.', 'short', {
          '{{chain}} {{asset}}': `max by (chain, asset) (ctrip_sweep_unswept_value${CHAIN})`,
        }),
        graph('Sweeps ended', 'By strategy and how they ended.', 'ops', {
          '{{chain}} {{asset}} {{strategy}} {{outcome}}': rate(`ctrip_sweeps_total${CHAIN}`, [
            'chain',
            'asset',
            'strategy',
            'outcome',
          ]),
        }),
        graph(
          'Time of a sweep',
          'Planned to confirmed.',
          's',
          quantiles('ctrip_sweep_duration_seconds', CHAIN, ['chain']),
        ),
      ],
    },
    {
      title: 'Signer',
      panels: [
        graph('Signatures', 'By what was signed; `repeat` for requests that were answered before.', 'ops', {
          '{{shape}}': rate(`ctrip_signer_signatures_total${CHAIN}`, ['shape']),
        }),
        graph(
          'Refusals',
          "Requests that the signer's own policy forbids, by rule. Each is a mistake or an attack.",
          'ops',
          {
            '{{rule}}': rate('ctrip_signer_refusals_total', ['rule']),
          },
        ),
        graph('Entries of the log', 'Of signatures. It only grows: less means that the log was replaced.', 'short', {
          entries: 'max(ctrip_signer_log_entries)',
        }),
      ],
    },
    {
      title: 'Cost',
      panels: [
        graph(
          'Gas per deposit',
          'The share of top-ups included.',
          'gas',
          quantiles('ctrip_sweep_gas_used', CHAIN, ['strategy']),
        ),
        graph('Replacements', 'Transactions signed again with higher fees because they were not mined.', 'ops', {
          '{{chain}}': rate(`ctrip_tx_replacements_total${CHAIN}`, ['chain']),
        }),
        graph('Gas wallet, over time', 'In native coin.', 'short', {
          '{{chain}}': `min by (chain) (ctrip_gas_wallet_balance${CHAIN})`,
        }),
      ],
    },
  ],
}
