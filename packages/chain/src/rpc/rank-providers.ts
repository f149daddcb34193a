/** What the pool knows of a provider when it chooses. */
export interface Standing {
  readonly name: string
  /** The highest block it has told of; null = none yet. */
  readonly headBlock: number | null
  /** Proven lies, halved every ten minutes. */
  readonly penalty: number
}

const LAG_MS_MAX = 15_000
const LAG_BLOCKS_MIN = 3

/** The best first: honest before caught lying, up to date before lagging, then in the configured order. Nobody is left out: the last may be the only one. */
export function rankProviders(standings: readonly Standing[], blockTimeMs: number): string[] {
  const reference = referenceHead(standings.map((standing) => standing.headBlock))
  const cost = (standing: Standing, order: number) =>
    Math.round(standing.penalty * 100) * 1_000 +
    (isLagging(standing.headBlock, reference, blockTimeMs) ? 100 : 0) +
    order
  return standings
    .map((standing, order) => ({ name: standing.name, cost: cost(standing, order) }))
    .sort((a, b) => a.cost - b.cost)
    .map(({ name }) => name)
}

/** Both limits must be passed: chains with four blocks a second are always some blocks apart. */
export function isLagging(headBlock: number | null, reference: number, blockTimeMs: number): boolean {
  if (headBlock === null) return false
  const behind = reference - headBlock
  return behind >= LAG_BLOCKS_MIN && behind * blockTimeMs > LAG_MS_MAX
}

/**
 * The head to measure lag by: the highest; but with three or more, the highest that a second one has reached too,
 * so that one provider with an invented head does not make all the others look late.
 */
export function referenceHead(heads: readonly (number | null)[]): number {
  const known = heads.filter((head) => head !== null).sort((a, b) => b - a)
  return (known.length >= 3 ? known[1] : known[0]) ?? 0
}
