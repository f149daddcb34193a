import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import type { ChainDeps } from './chain'

/** Enough to hide the providers' latency; a block of mainnet is a few MB while it is being checked. */
const BLOCKS_AHEAD_MAX = 6

/**
 * Fetches and verifies blocks in parallel, and yields them in order. Ends early at the first that no provider has yet;
 * throws where that cannot be known. Whoever stops before the end aborts what is under way.
 */
export async function* fetchAhead(
  { source }: Pick<ChainDeps, 'source'>,
  from: number,
  to: number,
  signal: AbortSignal,
): AsyncGenerator<VerifiedBlock> {
  const abandoned = new AbortController()
  const either = AbortSignal.any([signal, abandoned.signal])
  const pending: Promise<VerifiedBlock | null>[] = []
  let next = from
  try {
    while (next <= to || pending.length > 0) {
      while (next <= to && pending.length < BLOCKS_AHEAD_MAX) {
        const fetching = source.fetchBlock({ number: next++ }, either)
        fetching.catch(() => undefined) // told when its turn comes; if that never comes, its failure is nobody's
        pending.push(fetching)
      }
      const block = await pending.shift()
      if (block === null || block === undefined) return
      yield block
    }
  } finally {
    abandoned.abort()
  }
}
