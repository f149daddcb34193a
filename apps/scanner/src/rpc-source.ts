import { readCoinBalances } from '@ctrip/chain/balances'
import { fetchBlock } from '@ctrip/chain/blocks/fetch-block'
import { fetchTraces, TRACE_METHOD } from '@ctrip/chain/blocks/fetch-traces'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { readHeight, readTag } from '@ctrip/chain/head'
import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import type { Hash } from '@ctrip/domain/hash'
import type { Logger } from '@ctrip/telemetry/logger'
import type { ChainSource } from './chain'

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
        onRefusal: (refusal) => log.warn({ chain: chain.name, ...refusal }, 'scanner.block_refused'),
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
