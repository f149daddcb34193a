import { type SimulationReport, simulate } from './simulation/simulate'
import { type Ledger, openLedger } from './support/ledger'
import { stopServers } from './support/servers'

const SECONDS = 30
/** What failed once runs always. */
const KEPT_SEEDS = [{ seed: 104, found: 'credits that only one provider told of, beside one that two did' }]

describe('the simulation', () => {
  let ledger: Ledger

  beforeAll(async () => {
    ledger = await openLedger()
  })
  afterAll(async () => {
    await ledger.close()
    await stopServers()
  })

  it.each(KEPT_SEEDS)(
    'finds no longer what it found with seed $seed: $found',
    async ({ seed }) => {
      const report = await simulate(ledger, { seed, seconds: 60, episodesMax: 1 })
      expect(report.failures).toEqual([])
    },
    120_000,
  )

  it('finds no way to lose, double or invent money', async () => {
    const seed = Date.now() % 1_000_000_000
    const report = await simulate(ledger, { seed, seconds: SECONDS })
    process.stdout.write(`${summary(report)}\n`)
    expect(report.failures).toEqual([])
    expect(report.distinctStates).toBeGreaterThan(10)
  }, 120_000)
})

function summary({ firstSeed, episodes, distinctStates, ...points }: SimulationReport): string {
  const reached = points.crashPointsReached.length
  return `simulation from seed ${firstSeed}: ${episodes} episodes, ${distinctStates} distinct states, ${points.crashPointsCrashed.length} of ${reached} crash points crashed at`
}
