import { type SimulationReport, simulate } from './simulation/simulate'
import { type Ledger, openLedger } from './support/ledger'
import { stopServers } from './support/servers'

/** As much as takes half a minute, by fixed seeds: what fails here fails on every machine. `npm run simulate` goes further. */
const SEEDS = [11, 5_000, 900_000]
const EPISODES = 12
const TIMEOUT_MS = 300_000
/** Seeds that failed once. Each runs always, in the world in which it failed. */
const KEPT_SEEDS = [
  { seed: 104, found: 'credits that only one provider told of, beside one that two did' },
  { seed: 31_000_177, found: 'a late block that came back, and forgot that another had included its transfer in time' },
]

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
      const report = await simulate(ledger, { seed, episodes: 1, strays: false })
      expect(report.failures).toEqual([])
    },
    TIMEOUT_MS,
  )

  it.each(SEEDS)(
    'finds no way to lose, double or invent money from seed %d on',
    async (seed) => {
      const report = await simulate(ledger, { seed, episodes: EPISODES })
      process.stdout.write(`${summary(report)}\n`)
      expect(report.failures).toEqual([])
      expect(report.distinctStates).toBeGreaterThan(10)
      expect(report.contestedAt).not.toEqual([])
    },
    TIMEOUT_MS,
  )
})

function summary({ firstSeed, episodes, distinctStates, ...points }: SimulationReport): string {
  const reached = points.crashPointsReached.length
  return `simulation from seed ${firstSeed}: ${episodes} episodes, ${distinctStates} distinct states, ${points.crashPointsCrashed.length} of ${reached} crash points crashed at, ${points.contestedAt.length} points in transactions contested`
}
