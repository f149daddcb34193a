import { measureScan } from '../scan/measure-scan'
import { openScanLab } from '../scan/scan-lab'
import { type Comparison, compare } from './compare'
import { telemetrySettings } from './settings'

const ROUNDS = 4
const WARM_UP_BLOCKS = 60
const BLOCKS = 100

/** CPU per mainnet-like block of two scanners, each with a chain and a database of its own, in turns. */
export async function scanCost(drainUrl: string): Promise<Comparison> {
  const settings = telemetrySettings(drainUrl)
  const blocks = 1 + WARM_UP_BLOCKS + ROUNDS * BLOCKS
  const labs = {
    on: await openScanLab({ blocks, environment: settings.on }),
    off: await openScanLab({ blocks, environment: settings.off }),
  }
  try {
    await measureScan(labs.on, WARM_UP_BLOCKS)
    await measureScan(labs.off, WARM_UP_BLOCKS)
    return await compare(ROUNDS, async (which) => (await measureScan(labs[which], BLOCKS)).cpu_ms_per_block)
  } finally {
    await Promise.all([labs.on.stop(), labs.off.stop()])
  }
}
