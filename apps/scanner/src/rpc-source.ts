import { readCoinBalances } from '@ctrip/chain/balances'
import { type BlockRefusal, fetchBlock } from '@ctrip/chain/blocks/fetch-block'
import { fetchTraces, TRACE_METHOD } from '@ctrip/chain/blocks/fetch-traces'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { readHeight, readTag } from '@ctrip/chain/head'
import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import type { Hash } from '@ctrip/domain/hash'
import type { Logger } from '@ctrip/telemetry/logger'
import { Repetitions } from '@ctrip/telemetry/repetitions'
import type { ChainSource } from './chain'

const TELL_AGAIN_MS = 5 * 60_000

/** The chain as its configured providers tell it, over JSON-RPC. */
export function rpcSource(
  chain: ChainConfig,
  pool: RpcPool,
  log: Logger,
  /** Whether an operator accepted the block of this hash. */
  isAccepted: (hash: Hash) => Promise<boolean>,
): ChainSource {
  /** Providers that could trace, and do not for us: another plan, or another provider, will. */
  const refusals = new Map<string, RetryableRpcError>()
  const refusedBlocks = new Repetitions(TELL_AGAIN_MS)
  /** A block that is refused is asked for again at once: one line for each copy, and then its count. */
  function logRefusal(refusal: BlockRefusal): void {
    const { provider, check, number, hash } = refusal
    const { count, isNews } = refusedBlocks.note([provider, check, number, hash].join(' '))
    if (isNews) log.warn({ chain: chain.name, ...refusal, count }, 'scanner.block_refused')
  }
  return {
    providers() {
      const usable = pool.ranking()
      const cutOff = chain.providers.map(({ name }) => name).filter((name) => !usable.includes(name))
      return [...usable, ...cutOff]
    },
    recheck: (signal) => pool.recheck(signal),
    readTag: (tag, signal) => readTag(pool, tag, signal),
    readHeight: (number, signal) => readHeight(pool, number, signal),
    fetchBlock: (ref, signal) =>
      fetchBlock(pool, chain, ref, {
        signal,
        isAccepted,
        onRefusal: logRefusal,
      }),
    async fetchTraces(block, provider, signal) {
      const refusal = refusals.get(provider)
      if (pool.lacks(provider, TRACE_METHOD)) {
        if (refusal !== undefined) throw refusal
        return null
      }
      refusals.delete(provider)
      try {
        return (await fetchTraces(pool, block, { signal, provider })).traces
      } catch (error) {
        if (error instanceof PermanentRpcError && error.kind === 'method_not_found') return null
        if (error instanceof RetryableRpcError && error.kind === 'refused_by_plan') refusals.set(provider, error)
        throw error
      }
    },
    readBalances: (blockHash, addresses, provider, signal) =>
      readCoinBalances(pool, blockHash, addresses, { provider, signal }),
  }
}
