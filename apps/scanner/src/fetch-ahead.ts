import { type BlockRefusal, fetchBlock } from '@ctrip/chain/blocks/fetch-block'
import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import type { ChainDeps } from './chain'

/** Enough to hide the providers' latency; a block of mainnet is a few MB while it is being checked. */
const BLOCKS_AHEAD_MAX = 6

/**
 * Fetches and verifies blocks in parallel, and yields them in order. Ends early at the first that no provider has yet;
 * throws where that cannot be known.
 */
export async function* fetchAhead(
  deps: ChainDeps,
  from: number,
  to: number,
  signal: AbortSignal,
): AsyncGenerator<VerifiedBlock> {
  const pending: Promise<VerifiedBlock | null>[] = []
  let next = from
  while (next <= to || pending.length > 0) {
    while (next <= to && pending.length < BLOCKS_AHEAD_MAX) pending.push(start(deps, next++, signal))
    const block = await pending.shift()
    if (block === null || block === undefined) return
    yield block
  }
}

function start(deps: ChainDeps, number: number, signal: AbortSignal): Promise<VerifiedBlock | null> {
  const fetching = fetchBlock(
    deps.pool,
    deps.chain,
    { number },
    { signal, onRefusal: (refusal) => logRefusal(deps, refusal) },
  )
  // Whoever stops before its turn comes leaves it unawaited; its failure is then nobody's.
  fetching.catch(() => undefined)
  return fetching
}

export function logRefusal({ chain, log }: ChainDeps, refusal: BlockRefusal): void {
  log.warn({ chain: chain.name, ...refusal }, 'scanner.block_refused')
}
