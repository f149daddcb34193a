import { runSimulation } from './simulation/run-simulation'
import { stopServers } from './support/servers'

/** Seeds that once found a mistake. */
const KEPT_SEEDS = ['74d9438571c5', '0a496ff1ce08', 'd557411550be', 'd95e5f19689c', 'd38d6d38e7f3']
/** About 20 s; `npm run simulate -- --sweeper` lives other lives each time. */
const FIXED_SEEDS = ['one', 'two', 'three', 'four']

describe('the transaction manager, simulated', () => {
  afterAll(stopServers)

  it.each([...KEPT_SEEDS, ...FIXED_SEEDS])(
    'collects every unit once, whatever crashes, is lost, or is taken off the chain: seed %s',
    async (seed) => {
      expect((await runSimulation(seed)).discrepancies).toEqual([])
    },
    120_000,
  )
})
