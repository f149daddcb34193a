import { counter, gauge, histogram } from '@ctrip/telemetry/metrics'

export const sweeps = counter({
  name: 'sweeps_total',
  help: 'Sweeps that are over, by how they ended.',
  labels: ['chain', 'asset', 'strategy', 'outcome'],
})

export const sweepDuration = histogram({
  name: 'sweep_duration_seconds',
  help: 'Time from planning a sweep to its confirmation.',
  labels: ['chain', 'asset'],
  buckets: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600],
})

export const sweepBacklog = gauge({
  name: 'sweep_backlog',
  help: 'Addresses with confirmed money that is not collected yet, and is worth it.',
  labels: ['chain', 'asset'],
})

export const sweepUnsweptValue = gauge({
  name: 'sweep_unswept_value',
  help: 'Confirmed money that is not collected yet, in units of the asset.',
  labels: ['chain', 'asset'],
})

export const sweepHalted = gauge({
  name: 'sweep_halted',
  help: '1 while the sweeper has stopped signing by itself, because a nonce was used by somebody else.',
  labels: ['chain'],
})

export const sweepUnderivable = gauge({
  name: 'sweep_underivable_addresses',
  help: 'Addresses with money to which the configured mnemonic does not lead: never signed for.',
  labels: ['chain'],
})

export const sweepGasUsed = histogram({
  name: 'sweep_gas_used',
  help: 'Gas per deposit collected, the share of top-ups included.',
  labels: ['chain', 'strategy'],
  buckets: [7_500, 10_000, 15_000, 21_000, 25_000, 30_000, 40_000, 50_000, 60_000, 80_000, 100_000, 200_000, 500_000],
})

export const replacements = counter({
  name: 'tx_replacements_total',
  help: 'Transactions signed again for the same nonce.',
  labels: ['chain'],
})

export const gasWalletBalance = gauge({
  name: 'gas_wallet_balance',
  help: 'What the wallet that pays for sweeps holds, in units of native coin.',
  labels: ['chain'],
})

export const gasWalletMissing = gauge({
  name: 'gas_wallet_missing',
  help: 'What the gas wallet lacks for the planned sweeps that wait for it, in units of native coin; 0 while it lacks nothing.',
  labels: ['chain'],
})

export const sweepWaiting = gauge({
  name: 'sweep_waiting',
  help: 'Addresses with confirmed money that is not planned to be swept, by the reason why it waits.',
  labels: ['chain', 'reason'],
})

export const sweepsWaiting = gauge({
  name: 'sweeps_waiting',
  help: 'Planned sweeps whose next transaction is not signed, by what they wait for.',
  labels: ['chain', 'reason'],
})
