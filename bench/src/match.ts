import { measureScan, round } from './scan/measure-scan'
import { openScanLab } from './scan/scan-lab'
import { watchAddresses } from './scan/watched-addresses'

const SIZES = [1_000, 100_000, 1_000_000, 10_000_000]
const WARM_UP_BLOCKS = 40
const BLOCKS = 120

/** The whole time of a mainnet-like block at more and more addresses: the join should hardly notice. */
export async function run(): Promise<object> {
  const lab = await openScanLab(1 + SIZES.length * (WARM_UP_BLOCKS + BLOCKS))
  const rounds: { addresses: number; ms_per_block: number; cpu_ms_per_block: number }[] = []
  try {
    let watched = 0
    for (const addresses of SIZES) {
      await watchAddresses(lab.databaseUrl, watched, addresses)
      watched = addresses
      await measureScan(lab.scanner, lab.replay, WARM_UP_BLOCKS)
      const { ms_per_block, cpu_ms_per_block } = await measureScan(lab.scanner, lab.replay, BLOCKS)
      rounds.push({ addresses, ms_per_block, cpu_ms_per_block })
    }
  } finally {
    await lab.stop()
  }
  const ratio = (rounds.at(-1)?.ms_per_block ?? 0) / (rounds[0]?.ms_per_block ?? 1)
  return { rounds, ratio_10m_to_1k: round(ratio), aim: 2 }
}
