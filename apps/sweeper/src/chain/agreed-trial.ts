import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { CallOptions, RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import type { Trial } from './chain-access'

/**
 * Tries a transfer at one provider after the other. The first that shows it to work is believed, since a wrong "it works" costs gas at most;
 * a refusal counts once this many providers refuse, since by one wrong refusal money would wait for hours. Throws RetryableRpcError while
 * neither is told.
 */
export async function agreedTrial(
  pool: Pick<RpcPool, 'chain' | 'ranking' | 'nobodyToAsk'>,
  quorum: number,
  tryAt: (options: Pick<CallOptions, 'provider'>) => Promise<Trial>,
): Promise<Trial> {
  if (quorum === 1) return tryAt({})
  let refusals = 0
  let unsure: Trial | null = null
  let failure: RetryableRpcError | PermanentRpcError | null = null
  for (const provider of pool.ranking()) {
    try {
      const trial = await tryAt({ provider })
      if (trial.kind === 'works' && trial.isSure) return trial
      if (trial.kind === 'works') unsure ??= trial
      else if (++refusals === quorum) return trial
    } catch (error) {
      if (!(error instanceof RetryableRpcError || error instanceof PermanentRpcError)) throw error
      failure = error
    }
  }
  if (unsure !== null) return unsure
  if (refusals === 0) throw failure ?? pool.nobodyToAsk('eth_estimateGas')
  const reason = `refused by ${refusals}, not by ${quorum} providers, and shown to work by none`
  throw new RetryableRpcError('unverified', { chain: pool.chain, provider: 'all', method: 'eth_estimateGas', reason })
}
