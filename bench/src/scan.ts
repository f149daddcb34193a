import { verifyBlock } from '@ctrip/chain/blocks/verify-block'
import type { RawObject } from '@ctrip/chain/hex'
import { extractTransfers } from '@ctrip/chain/transfers'
import { round } from './lab/statistics'
import { blockJson, receiptsJson } from './scan/mainnet-like'
import { measureScan } from './scan/measure-scan'
import { openScanLab, type ScanLab } from './scan/scan-lab'
import { watchAddresses } from './scan/watched-addresses'

const WARM_UP_BLOCKS = 60
const BLOCKS = 400
const STAGE_SAMPLES = 60
const ADDRESSES = 1_000_000

/**
 * Mainnet-like blocks (300 transactions, 1,000 logs) from a local server that replays them, proof on, a million addresses
 * watched: how fast the scanner catches up, and what a block costs it by stage (the same code on the same blocks, here).
 */
export async function run(): Promise<object> {
  const lab = await openScanLab({ blocks: 1 + WARM_UP_BLOCKS + BLOCKS })
  try {
    await watchAddresses(lab.databaseUrl, ADDRESSES)
    await measureScan(lab, WARM_UP_BLOCKS)
    const figures = await measureScan(lab, BLOCKS)
    return {
      ...{ addresses: ADDRESSES, transactions_per_block: 300, logs_per_block: 1_000, ...figures },
      cpu_ms_by_stage: stages(lab, figures.cpu_ms_per_block),
    }
  } finally {
    await lab.stop()
  }
}

/** Measured as CPU time of this process, which other load does not lengthen. */
function stages({ blocks, keccak256 }: ScanLab, total: number): Record<string, number> {
  const sample = blocks.slice(-STAGE_SAMPLES)
  const perBlock = <T>(stage: () => T): { ms: number; result: T } => {
    const before = process.cpuUsage()
    const result = stage()
    const { user, system } = process.cpuUsage(before)
    return { ms: (user + system) / 1000 / STAGE_SAMPLES, result }
  }
  const texts = sample.map((block) => ({ block: blockJson(block, true), receipts: receiptsJson(block) }))
  const parse = perBlock(() =>
    texts.map(({ block, receipts }) => ({
      block: JSON.parse(block) as RawObject,
      receipts: JSON.parse(receipts) as RawObject[],
    })),
  )
  const prove = perBlock(() =>
    parse.result.map((raw, at) => verifyBlock({ number: sample[at]?.number ?? 0 }, raw, 'proof', keccak256)),
  )
  const proven = prove.result.flatMap((verified) => (verified.kind === 'proven' ? [verified.block] : []))
  if (proven.length < sample.length) throw new Error('the blocks do not add up')
  const extract = perBlock(() =>
    proven.map((block) => extractTransfers({ ...block, trust: 'proven', provider: 'replay' }, { tokens: [] })),
  )
  return {
    parse: round(parse.ms, 2),
    prove: round(prove.ms, 2),
    extract: round(extract.ms, 2),
    http_match_commit: round(Math.max(0, total - parse.ms - prove.ms - extract.ms), 2),
  }
}
