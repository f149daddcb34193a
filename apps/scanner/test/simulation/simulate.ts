import { loadKeccak256 } from '@ctrip/chain/blocks/keccak'
import { parseChains } from '@ctrip/chain/chains-config'
import type { Ledger } from '../support/ledger'
import { Episode } from './episode'
import type { Coverage } from './faults'
import { toAddress } from './transactions'

/** Where reproducing begins: this seed alone repeats its episode. */
interface Failure {
  readonly seed: number
  readonly problems: readonly string[]
}

export interface SimulationReport {
  readonly firstSeed: number
  readonly episodes: number
  readonly distinctStates: number
  readonly crashPointsReached: readonly string[]
  readonly crashPointsCrashed: readonly string[]
  /** Where another leader came in while a transaction was open. */
  readonly contestedAt: readonly string[]
  readonly failures: readonly Failure[]
}

/** Each episode has a chain id of its own, so that all share one database. */
const FIRST_CHAIN_ID = 1_000_000

/** How far: for so long, or so many episodes. */
export type SimulationOptions = {
  readonly seed: number
  /** Whether providers serve another network, or refuse contents, for some steps. Default: true. */
  readonly strays?: boolean
} & ({ readonly seconds: number } | { readonly episodes: number })

/** Runs episode after episode, each from the next seed; stops at the first that fails. */
export async function simulate(ledger: Ledger, options: SimulationOptions): Promise<SimulationReport> {
  const coverage: Coverage = { reached: new Set(), crashed: new Set(), contested: new Set() }
  const states = new Set<string>()
  const failures: Failure[] = []
  const keccak256 = await loadKeccak256()
  const startedAt = performance.now()
  let episodes = 0
  const goesOn = () =>
    'seconds' in options ? performance.now() < startedAt + options.seconds * 1000 : episodes < options.episodes
  while (goesOn() && failures.length === 0) {
    const seed = options.seed + episodes++
    const chain = simChain(FIRST_CHAIN_ID + seed)
    const problems = await new Episode({
      seed,
      ledger,
      chain,
      keccak256,
      coverage,
      states,
      strays: options.strays ?? true,
    }).run()
    if (problems.length > 0) failures.push({ seed, problems })
  }
  return {
    ...{ firstSeed: options.seed, episodes, distinctStates: states.size, failures },
    crashPointsReached: [...coverage.reached].sort(),
    crashPointsCrashed: [...coverage.crashed].sort(),
    contestedAt: [...coverage.contested].sort(),
  }
}

function simChain(chainId: number) {
  const parsed = parseChains(
    JSON.stringify({
      chains: [
        {
          ...{ name: `sim-${chainId}`, chain_id: chainId, block_time_ms: 12_000, internal_transfers: 'trace' },
          providers: [{ name: 'unused', http: 'http://127.0.0.1:9' }],
          ...{ confirmations: { depth: 3 }, finality: { depth: 12 }, treasury: toAddress(`0x${'23'.repeat(20)}`) },
          native: { symbol: 'ETH', decimals: 18, min_sweep: '0' },
          tokens: [{ symbol: 'USDC', contract: `0x${'1'.repeat(40)}`, decimals: 6, min_sweep: '0' }],
        },
      ],
    }),
    {},
  )
  const chain = parsed.ok ? parsed.chains[0] : undefined
  if (chain === undefined) throw new Error(parsed.ok ? 'no chain' : parsed.problems.join('\n'))
  return chain
}
