import { measureScan, round, type ScanFigures } from './scan/measure-scan'
import { openScanLab } from './scan/scan-lab'
import { watchAddresses } from './scan/watched-addresses'

const SIZES = [1_000, 100_000, 1_000_000, 10_000_000]
const WARM_UP_BLOCKS = 60
/** Measured so often for each size; the median leaves out what the machine did besides. */
const ROUNDS = 5
const BLOCKS = 25

/** The whole time of a mainnet-like block at more and more addresses: the join should hardly notice. */
export async function run(): Promise<object> {
  const lab = await openScanLab(1 + SIZES.length * (WARM_UP_BLOCKS + ROUNDS * BLOCKS))
  const sizes: { addresses: number; ms_per_block: number; cpu_ms_per_block: number }[] = []
  try {
    let watched = 0
    for (const addresses of SIZES) {
      await watchAddresses(lab.databaseUrl, watched, addresses)
      watched = addresses
      await measureScan(lab, WARM_UP_BLOCKS)
      const rounds: ScanFigures[] = []
      for (let round = 0; round < ROUNDS; round++) rounds.push(await measureScan(lab, BLOCKS))
      const ms_per_block = median(rounds.map((figures) => figures.ms_per_block))
      sizes.push({ addresses, ms_per_block, cpu_ms_per_block: median(rounds.map((one) => one.cpu_ms_per_block)) })
    }
  } finally {
    await lab.stop()
  }
  const ratio = (sizes.at(-1)?.ms_per_block ?? 0) / (sizes[0]?.ms_per_block ?? 1)
  return { sizes, ratio_10m_to_1k: round(ratio), aim: 2 }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
