import { counter, gauge, histogram } from '@ctrip/telemetry/metrics'

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

export const chainHead = gauge({
  name: 'chain_head_block',
  help: 'The newest block that the providers agree on, by tag.',
  labels: ['chain', 'tag'],
})

export const scanRange = histogram({
  name: 'scan_range_blocks',
  help: 'Blocks committed in one cycle.',
  labels: ['chain'],
  buckets: [1, 2, 4, 8, 16, 32, 64],
})

export const blocksScanned = counter({
  name: 'blocks_scanned_total',
  help: 'Blocks committed.',
  labels: ['chain'],
})

export const blockDetectionLatency = histogram({
  name: 'block_detection_latency_seconds',
  help: "From a block's own time to its commit.",
  labels: ['chain'],
  buckets: SECONDS,
})

export const transfersDetected = counter({
  name: 'transfers_detected_total',
  help: 'Transfers to our addresses; matched: in the asset and on the chain that was asked for.',
  labels: ['chain', 'asset', 'matched'],
})

export const reorgs = counter({
  name: 'reorgs_total',
  help: 'Times that committed blocks left the chain.',
  labels: ['chain'],
})

export const reorgDepth = histogram({
  name: 'reorg_depth_blocks',
  help: 'Committed blocks that left the chain at once.',
  labels: ['chain'],
  buckets: [1, 2, 3, 5, 8, 13, 21, 34, 64, 128],
})

export const assetRefused = gauge({
  name: 'asset_refused',
  help: '1 while no payment is asked for in the asset: its contract is not what is configured.',
  labels: ['chain', 'asset'],
})

export const rateReads = counter({
  name: 'rate_reads_total',
  help: 'Readings of price feeds by outcome: accepted, the reason why the round is refused, no_agreement of the providers, or failed.',
  labels: ['chain', 'asset', 'outcome'],
})
