import { inSpan, SpanKind } from '@ctrip/telemetry/spans'
import type { ChainConfig } from '../chain-config'
import { blockVerificationFailures, rpcFailovers, rpcProviderHeadLag } from '../metrics'
import { AdmissionControl, type AdmissionOptions } from './admission'
import { asksOthers } from './error-kinds'
import { isLagging, rankProviders, referenceHead } from './rank-providers'
import { PermanentRpcError, RetryableRpcError } from './rpc-error'
import { methodLabel } from './rpc-methods'
import { RpcProvider } from './rpc-provider'

const TIMEOUT_MS_DEFAULT = 10_000

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Asks this provider alone: no failover. */
  readonly provider?: string
  readonly timeoutMs?: number
}

export interface RpcAnswer {
  readonly result: unknown
  readonly provider: string
}

export type EachAnswer =
  | { readonly provider: string; readonly ok: true; readonly result: unknown }
  | { readonly provider: string; readonly ok: false; readonly error: RetryableRpcError | PermanentRpcError }

export interface ProviderStatus {
  readonly name: string
  readonly up: boolean
  readonly headBlock: number | null
  readonly lagBlocks: number | null
  readonly lagging: boolean
  /** Why no answer of it is used; null while it is not excluded. */
  readonly excluded: string | null
}

/**
 * The providers of one chain. It believes none of them: results are `unknown`, and callers parse them. It asks only those that have
 * shown to serve the configured chain.
 * Errors: RetryableRpcError, PermanentRpcError, or the signal's reason when the caller aborts.
 */
export class RpcPool {
  readonly chain: string
  readonly #blockTimeMs: number
  readonly #providers: readonly RpcProvider[]
  readonly #admission: AdmissionControl

  constructor(
    chain: Pick<ChainConfig, 'name' | 'chainId' | 'providers' | 'blockTimeMs' | 'quorum'>,
    options: AdmissionOptions = {},
  ) {
    this.chain = chain.name
    this.#blockTimeMs = chain.blockTimeMs
    this.#providers = chain.providers.map((config) => new RpcProvider(chain.name, config))
    this.#admission = new AdmissionControl(chain, this.#providers, options)
  }

  /** Asks the best provider; on a failure that another one may not have, the next. */
  async call(method: string, params: readonly unknown[], options: CallOptions = {}): Promise<RpcAnswer> {
    const names = options.provider === undefined ? this.ranking() : [options.provider]
    let last: RetryableRpcError | PermanentRpcError | null = null
    for (const name of names) {
      if (last !== null) rpcFailovers.inc({ chain: this.chain, provider: last.provider })
      try {
        return { result: await this.#ask(this.#provider(name), method, params, options), provider: name }
      } catch (error) {
        if (!anotherMaySucceed(error)) throw error
        last = error
      }
    }
    throw last ?? this.nobodyToAsk(method)
  }

  /** Asks all at once. An aborted signal rejects; a provider's failure is its own answer. */
  async each(
    method: string,
    params: readonly unknown[],
    options: Omit<CallOptions, 'provider'> = {},
  ): Promise<EachAnswer[]> {
    return Promise.all(
      this.#providers.map(async (provider): Promise<EachAnswer> => {
        try {
          return { provider: provider.name, ok: true, result: await this.#ask(provider, method, params, options) }
        } catch (error) {
          if (isRpcError(error)) return { provider: provider.name, ok: false, error }
          throw error
        }
      }),
    )
  }

  /** Checks again that each provider serves the configured chain; one that does not, or cannot be asked, is left out from now on. */
  recheck(signal?: AbortSignal): Promise<void> {
    return this.#admission.recheckAll(signal)
  }

  /** Names of the providers that may be asked now, the best first. */
  ranking(): string[] {
    const now = Date.now()
    const available = this.#providers.filter(
      (provider) => provider.available(now) && this.#admission.exclusion(provider) === null,
    )
    return rankProviders(
      available.map((provider) => ({
        name: provider.name,
        headBlock: provider.headBlock,
        penalty: provider.penalty(now),
      })),
      this.#blockTimeMs,
    )
  }

  /** Remembers how far a provider is; heads go backwards in reorgs. */
  noteHead(name: string, headBlock: number): void {
    this.#provider(name).headBlock = headBlock
    for (const status of this.status()) {
      if (status.lagBlocks !== null)
        rpcProviderHeadLag.set({ chain: this.chain, provider: status.name }, status.lagBlocks)
    }
  }

  /** Counts what a provider sent and what cannot be true: it is asked last from now on, for a while. */
  reportLie(name: string, check: string): void {
    blockVerificationFailures.inc({ chain: this.chain, provider: name, check })
    this.#provider(name).caughtLying(Date.now())
  }

  /** Whether this provider has lately refused this method to us: it has none, or the plan does not hold it. */
  lacks(name: string, method: string): boolean {
    return this.#provider(name).lacks(method, Date.now())
  }

  /** The error for when `ranking()` is empty; says when the first comes back. */
  nobodyToAsk(method: string): RetryableRpcError {
    const waitMs = Math.min(...this.#providers.map((provider) => provider.pausedForMs(Date.now())))
    const excluded = this.status().flatMap(({ name, excluded: why }) => (why === null ? [] : [`${name}: ${why}`]))
    const reason = ['every provider is paused, cut off or excluded', ...excluded].join('; ')
    const details = { chain: this.chain, provider: 'all', method, reason }
    return new RetryableRpcError('unavailable', details, waitMs)
  }

  status(): ProviderStatus[] {
    const reference = referenceHead(this.#providers.map((provider) => provider.headBlock))
    return this.#providers.map((provider) => {
      const { name, up, headBlock } = provider
      return {
        ...{ name, up, headBlock },
        lagBlocks: headBlock === null ? null : Math.max(0, reference - headBlock),
        lagging: isLagging(headBlock, reference, this.#blockTimeMs),
        excluded: this.#admission.exclusion(provider),
      }
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#providers.map((provider) => provider.close()))
  }

  async #ask(
    provider: RpcProvider,
    method: string,
    params: readonly unknown[],
    options: CallOptions,
  ): Promise<unknown> {
    const attributes = {
      'rpc.system.name': 'jsonrpc',
      'rpc.method': methodLabel(method),
      'ctrip.chain': this.chain,
      'ctrip.rpc.provider': provider.name,
    }
    const { signal, timeoutMs = TIMEOUT_MS_DEFAULT } = options
    signal?.throwIfAborted()
    await this.#admission.admit(provider, signal, timeoutMs)
    return inSpan(methodLabel(method), { kind: SpanKind.CLIENT, attributes }, async (span) => {
      try {
        return await provider.request({ method, params, signal, timeoutMs })
      } catch (error) {
        if (isRpcError(error)) {
          span.setAttribute('error.type', error.kind)
          if (error.statusCode !== null) span.setAttribute('rpc.status_code', String(error.statusCode))
        }
        throw error
      }
    })
  }

  #provider(name: string): RpcProvider {
    const found = this.#providers.find((provider) => provider.name === name)
    if (found === undefined) throw new RangeError(`${this.chain} has no provider ${name}`)
    return found
  }
}

function anotherMaySucceed(error: unknown): error is RetryableRpcError | PermanentRpcError {
  return isRpcError(error) && asksOthers(error.kind)
}

function isRpcError(error: unknown): error is RetryableRpcError | PermanentRpcError {
  return error instanceof RetryableRpcError || error instanceof PermanentRpcError
}
