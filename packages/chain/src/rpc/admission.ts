import type { Hash } from '@ctrip/domain/hash'
import { type Admission, electGenesis, type Identity, judgeIdentity } from '../checks/identity'
import { readIdentity } from '../checks/read-identity'
import { MalformedHexError } from '../hex'
import { RetryableRpcError } from './rpc-error'
import type { RpcProvider } from './rpc-provider'

const CHECK_TIMEOUT_MS = 3_000
const CHECKED_FOR_MS = 60_000
const EXCLUDED_FOR_MS = 5_000

/** A chain's first block, kept across restarts. */
export interface GenesisStore {
  read(): Promise<Hash | null>
  /** Keeps the first that is given; answers what is kept. */
  remember(hash: Hash): Promise<Hash>
}

export interface AdmissionOptions {
  /** Without: what the providers tell is kept in memory. */
  readonly genesis?: GenesisStore | undefined
  /** Called when a provider's admission changes, with each sentence once. */
  readonly onAdmission?: ((provider: string, admission: Admission) => void) | undefined
}

interface Checked {
  readonly admission: Admission
  /** The connection that was checked: after a reconnect another node may stand there. */
  readonly connection: number
  readonly validUntil: number
}

/**
 * Lets a request through to a provider only while the provider has proven to serve the configured chain: before its first use, after each
 * failure of its connection, and each minute. One that cannot be asked is not admitted. Safe to call concurrently: a provider is checked once.
 */
export class AdmissionControl {
  readonly #chain: { readonly name: string; readonly chainId: number; readonly quorum: number }
  readonly #providers: readonly RpcProvider[]
  readonly #options: AdmissionOptions
  readonly #checked = new Map<string, Checked>()
  readonly #checking = new Map<string, Promise<Admission>>()
  #genesis: Hash | null = null
  #electing: Promise<Hash | null> | null = null

  constructor(
    chain: { readonly name: string; readonly chainId: number; readonly quorum: number },
    providers: readonly RpcProvider[],
    options: AdmissionOptions,
  ) {
    this.#chain = chain
    this.#providers = providers
    this.#options = options
  }

  /** Throws RetryableRpcError where the provider is excluded or cannot be asked, or the signal's reason when the caller aborts. */
  async admit(provider: RpcProvider, signal: AbortSignal | undefined, timeoutMs: number): Promise<void> {
    const known = this.#standing(provider)
    const admission = known ?? (await within(this.#checkOnce(provider), this.#late(provider), signal, timeoutMs))
    if (admission.kind === 'excluded') throw this.#error('unchecked', provider, admission.sentence)
  }

  /**
   * Checks every provider again, whatever was found before: for decisions that an operator would have to repair. One that cannot be
   * asked is checked once more before its next response is used. Throws only the signal's reason.
   */
  async recheckAll(signal: AbortSignal | undefined): Promise<void> {
    await Promise.all(
      this.#providers.map(async (provider) => {
        // A check under way may have its response already: it says nothing of now.
        await this.#checking.get(provider.name)?.catch(() => undefined)
        const checked = this.#checked.get(provider.name)
        if (checked !== undefined) this.#checked.set(provider.name, { ...checked, validUntil: 0 })
        await within(this.#checkOnce(provider), this.#late(provider), signal, CHECK_TIMEOUT_MS).catch(() => undefined)
      }),
    )
    signal?.throwIfAborted()
  }

  /** Why no response of the provider is used; null where it is admitted, or will be checked with the next request. */
  exclusion(provider: RpcProvider): string | null {
    const standing = this.#standing(provider)
    return standing?.kind === 'excluded' ? standing.sentence : null
  }

  /** The admission that still holds. */
  #standing(provider: RpcProvider): Admission | null {
    const checked = this.#checked.get(provider.name)
    const holds = checked !== undefined && checked.connection === provider.connection && Date.now() < checked.validUntil
    return holds ? checked.admission : null
  }

  #checkOnce(provider: RpcProvider): Promise<Admission> {
    const running = this.#checking.get(provider.name)
    if (running !== undefined) return running
    const check = this.#check(provider).finally(() => this.#checking.delete(provider.name))
    this.#checking.set(provider.name, check)
    return check
  }

  async #check(provider: RpcProvider): Promise<Admission> {
    const { connection } = provider
    const identity = await this.#identify(provider)
    const admission = await this.#judge(provider, identity)
    const validMs = admission.kind === 'excluded' ? EXCLUDED_FOR_MS : CHECKED_FOR_MS
    const before = this.#checked.get(provider.name)?.admission
    this.#checked.set(provider.name, { admission, connection, validUntil: Date.now() + validMs })
    provider.excluded = admission.kind === 'excluded'
    if (sentenceOf(before) !== sentenceOf(admission)) this.#options.onAdmission?.(provider.name, admission)
    return admission
  }

  async #identify(provider: RpcProvider): Promise<Identity> {
    try {
      return await readIdentity((method, params) =>
        provider.request({ method, params, signal: undefined, timeoutMs: CHECK_TIMEOUT_MS }),
      )
    } catch (error) {
      if (error instanceof RetryableRpcError) throw error
      if (error instanceof MalformedHexError || error instanceof Error)
        throw this.#error('unchecked', provider, `its chain could not be asked for: ${error.message}`)
      throw error
    }
  }

  async #judge(provider: RpcProvider, identity: Identity): Promise<Admission> {
    const { chainId } = this.#chain
    if (identity.chainId !== chainId || identity.genesis === null)
      return judgeIdentity(identity, { chainId, genesis: this.#genesis })
    const genesis = await this.#expectedGenesis(provider, identity)
    if (genesis !== null) return judgeIdentity(identity, { chainId, genesis })
    const sentence = `its first block is ${identity.genesis}, too few providers tell the same, and no record says which is right`
    return { kind: 'excluded', sentence }
  }

  async #expectedGenesis(provider: RpcProvider, identity: Identity): Promise<Hash | null> {
    this.#genesis ??= (await this.#options.genesis?.read()) ?? null
    if (this.#genesis !== null) return this.#genesis
    this.#electing ??= this.#elect(provider, identity).finally(() => {
      this.#electing = null
    })
    return this.#electing
  }

  /** Asks the others at once; who cannot be asked, or is of another chain, has no vote. */
  async #elect(provider: RpcProvider, identity: Identity): Promise<Hash | null> {
    const others = this.#providers.filter((other) => other !== provider)
    const outcomes = await Promise.allSettled(others.map((other) => this.#identify(other)))
    const identities = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const claims = [identity, ...identities].flatMap(({ chainId, genesis }) =>
      chainId === this.#chain.chainId ? [genesis] : [],
    )
    const elected = electGenesis(claims, this.#chain.quorum)
    if (elected === null) return null
    this.#genesis = (await this.#options.genesis?.remember(elected)) ?? elected
    return this.#genesis
  }

  #late(provider: RpcProvider): () => Error {
    return () => this.#error('timeout', provider, 'its checks take too long')
  }

  #error(kind: 'unchecked' | 'timeout', { name }: RpcProvider, reason: string): RetryableRpcError {
    return new RetryableRpcError(kind, { chain: this.#chain.name, provider: name, method: 'eth_chainId', reason })
  }
}

function sentenceOf(admission: Admission | undefined): string {
  return admission === undefined || admission.kind === 'ok' ? '' : admission.sentence
}

/** The promise's outcome, unless the time is over or the caller aborts first. The promise runs on: others wait for it too. */
async function within<T>(
  promise: Promise<T>,
  late: () => Error,
  signal: AbortSignal | undefined,
  timeoutMs: number,
): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const ended = signal === undefined ? timeout : AbortSignal.any([timeout, signal])
  let onEnd: () => void = () => undefined
  const end = new Promise<never>((_, reject) => {
    onEnd = () => reject(signal?.aborted === true ? (signal.reason as Error) : late())
    ended.addEventListener('abort', onEnd, { once: true })
  })
  try {
    return await Promise.race([promise, end])
  } finally {
    ended.removeEventListener('abort', onEnd)
  }
}
