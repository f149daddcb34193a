import { startServers } from './lab/servers'
import { median, round } from './lab/statistics'
import { joinCost } from './scan/join-cost'
import { measureScan, type ScanFigures } from './scan/measure-scan'
import { openScanLab, type ScanLab } from './scan/scan-lab'
import { watchAddresses } from './scan/watched-addresses'

const SIZES = [1_000, 100_000, 1_000_000, 10_000_000]
const WARM_UP_BLOCKS = 60
/** Each round measures all sizes, so that other load affects all of them; the median removes it. */
const ROUNDS = 12
const BLOCKS = 40

/** The time of a mainnet-like block with growing numbers of addresses. The join should hardly depend on them. */
export async function run(): Promise<object> {
  const servers = await startServers()
  const labs: ScanLab[] = []
  try {
    for (const addresses of SIZES) {
      const lab = await openScanLab({ blocks: 1 + WARM_UP_BLOCKS + ROUNDS * BLOCKS, servers })
      labs.push(lab)
      await watchAddresses(lab.databaseUrl, addresses)
      await measureScan(lab, WARM_UP_BLOCKS)
    }
    const rounds: ScanFigures[][] = []
    for (let turn = 0; turn < ROUNDS; turn++) rounds.push(await measureEach(labs, turn))
    return await figures(labs, rounds)
  } finally {
    await Promise.all(labs.map((lab) => lab.stop()))
    await servers.stop()
  }
}

/** One after the other, each round beginning with another one. The figures are in the order of the labs. */
async function measureEach(labs: readonly ScanLab[], first: number): Promise<ScanFigures[]> {
  const measured = new Map<ScanLab, ScanFigures>()
  for (let turn = 0; turn < labs.length; turn++) {
    const lab = labs[(first + turn) % labs.length]
    if (lab !== undefined) measured.set(lab, await measureScan(lab, BLOCKS))
  }
  return labs.flatMap((lab) => measured.get(lab) ?? [])
}

async function figures(labs: readonly ScanLab[], rounds: readonly ScanFigures[][]): Promise<object> {
  const sizes = []
  for (const [at, lab] of labs.entries()) {
    const own = rounds.flatMap((measured) => measured[at] ?? [])
    const join = await joinCost(lab.databaseUrl)
    sizes.push({
      addresses: SIZES[at],
      ms_per_block: median(own.map((one) => one.ms_per_block)),
      cpu_ms_per_block: median(own.map((one) => one.cpu_ms_per_block)),
      ...{ join_ms: round(join.ms, 2), join_buffers: join.buffers, join_plan: join.plan },
    })
  }
  const ratios = rounds.map((measured) => (measured.at(-1)?.ms_per_block ?? 0) / (measured[0]?.ms_per_block ?? 1))
  return { sizes, ratio_10m_to_1k: round(median(ratios), 2) }
}
