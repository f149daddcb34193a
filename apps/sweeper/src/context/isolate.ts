import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { SweepContext } from './sweep-context'

/** A block that we know of and nobody shows us now. */
export class BlockUnavailableError extends Error {
  override readonly name = 'BlockUnavailableError'
}

/** Somebody else has signed with one of our keys. */
export class ForeignNonceError extends Error {
  override readonly name = 'ForeignNonceError'
}

const OF_ONE_ADDRESS = [RetryableRpcError, PermanentRpcError, BlockUnavailableError, ForeignNonceError]

/**
 * Keeps one address' trouble with the chain from the others: logged, undone, tried again in the next round. What concerns
 * all (the lease, the database, a mistake of ours) ends the round.
 */
export async function isolate<T>(
  { config, log }: SweepContext,
  subject: Record<string, unknown>,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (!OF_ONE_ADDRESS.some((kind) => error instanceof kind)) throw error
    log.warn({ chain: config.name, ...subject, err: error }, 'sweep.trouble')
    return null
  }
}
