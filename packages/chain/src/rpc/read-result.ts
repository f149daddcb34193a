import { MalformedHexError } from '../hex'
import { RetryableRpcError } from './rpc-error'
import type { CallOptions, RpcPool } from './rpc-pool'

/** Calls and parses; a result that does not parse is the provider's failure, and another try may do better. */
export async function callAndRead<T>(
  pool: RpcPool,
  method: string,
  params: readonly unknown[],
  options: CallOptions,
  read: (result: unknown) => T,
): Promise<T> {
  const { result, provider } = await pool.call(method, params, options)
  try {
    return read(result)
  } catch (error) {
    if (!(error instanceof MalformedHexError)) throw error
    throw new RetryableRpcError('malformed', { chain: pool.chain, provider, method, reason: error.message })
  }
}
