import type { ChainConfig } from '../chain-config'
import { MalformedHexError } from '../hex'
import { PermanentRpcError, RetryableRpcError } from '../rpc/rpc-error'
import type { RpcPool } from '../rpc/rpc-pool'
import { type BlockCodec, codecOf } from './block-codec'
import type { BlockRef } from './block-ref'
import type { BlockCheck } from './check-failed'
import { fetchRawBlock } from './fetch-raw-block'
import { type Keccak256, loadKeccak256 } from './keccak'
import type { VerifiedBlock } from './verified-block'
import { verifyBlock } from './verify-block'

/** A provider's copy of a block that was not believed. */
export interface BlockRefusal {
  readonly provider: string
  readonly check: BlockCheck
  readonly detail: string
}

export interface FetchBlockOptions {
  readonly signal?: AbortSignal
  /** Asks this provider alone. */
  readonly provider?: string
  /** Told of each refused copy, also when another provider's is good: it belongs in the log. */
  readonly onRefusal?: (refusal: BlockRefusal) => void
}

/** No provider sent a copy that adds up. */
export class UnverifiedBlockError extends RetryableRpcError {
  constructor(
    chain: string,
    readonly refusals: readonly BlockRefusal[],
  ) {
    const reason = refusals.map((refusal) => `${refusal.provider}: ${refusal.check}, ${refusal.detail}`).join('; ')
    super('unverified', { chain, provider: 'all', method: 'fetchBlock', reason })
  }
}

type Attempt =
  | { readonly kind: 'verified'; readonly block: VerifiedBlock }
  | { readonly kind: 'notProvable'; readonly block: VerifiedBlock; readonly reason: string }
  | { readonly kind: 'refused'; readonly refusal: BlockRefusal }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly error: RetryableRpcError | PermanentRpcError }

/**
 * Fetches a block and verifies it as the chain's `verify` asks; asks the next provider where one fails, lags or lies.
 *
 * Null: nobody has the block (it is above the head, or was orphaned). Throws RetryableRpcError where that is not known,
 * and UnverifiedBlockError (one of them) where all that came was refused.
 *
 * A block that cannot be proven is accepted as `structural`, with the reason, only when no provider's copy can be proven:
 * one that dresses up its lie as a future fork does not get away with it while an honest one is there.
 */
export async function fetchBlock(
  pool: RpcPool,
  chain: Pick<ChainConfig, 'verify'> & Partial<Pick<ChainConfig, 'family'>>,
  ref: BlockRef,
  options: FetchBlockOptions = {},
): Promise<VerifiedBlock | null> {
  const keccak256 = await loadKeccak256()
  const codec = codecOf(chain.family ?? 'ethereum')
  const attempts: Attempt[] = []
  for (const provider of options.provider === undefined ? pool.ranking() : [options.provider]) {
    const attempt = await tryProvider(pool, { verify: chain.verify, codec }, ref, provider, keccak256, options.signal)
    attempts.push(attempt)
    if (attempt.kind === 'refused') report(pool, attempt.refusal, options)
    if (attempt.kind !== 'verified') continue
    for (const refusal of refutedBy(attempts)) report(pool, refusal, options)
    return attempt.block
  }
  return conclude(pool, attempts)
}

async function tryProvider(
  pool: RpcPool,
  { verify, codec }: { readonly verify: ChainConfig['verify']; readonly codec: BlockCodec },
  ref: BlockRef,
  provider: string,
  keccak256: Keccak256,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  try {
    const raw = await fetchRawBlock(pool, ref, { provider, signal })
    if (raw === null) return { kind: 'missing' }
    const verification = verifyBlock(ref, raw, verify, keccak256, codec)
    switch (verification.kind) {
      case 'refused':
        return { kind: 'refused', refusal: { provider, check: verification.check, detail: verification.detail } }
      case 'notProvable': {
        const { block, reason } = verification
        return { kind: 'notProvable', block: { ...block, trust: 'structural', notProvable: reason, provider }, reason }
      }
      case 'proven':
      case 'structural':
        return { kind: 'verified', block: { ...verification.block, trust: verification.kind, provider } }
    }
  } catch (error) {
    if (error instanceof RetryableRpcError || error instanceof PermanentRpcError) return { kind: 'failed', error }
    if (error instanceof MalformedHexError) {
      return { kind: 'refused', refusal: { provider, check: 'malformed', detail: error.message } }
    }
    throw error
  }
}

/** Copies said not to be provable, of a block that was then proven. */
function refutedBy(attempts: readonly Attempt[]): BlockRefusal[] {
  return attempts.flatMap((attempt) =>
    attempt.kind === 'notProvable'
      ? [{ provider: attempt.block.provider, check: 'not_provable', detail: attempt.reason }]
      : [],
  )
}

function report(pool: RpcPool, refusal: BlockRefusal, options: FetchBlockOptions): void {
  pool.reportLie(refusal.provider, refusal.check)
  options.onRefusal?.(refusal)
}

/** Nobody sent a block to be believed without reserve. */
function conclude(pool: RpcPool, attempts: readonly Attempt[]): VerifiedBlock | null {
  const refusals: BlockRefusal[] = []
  let failure: Error | null = attempts.length === 0 ? pool.nobodyToAsk('fetchBlock') : null
  for (const attempt of attempts) {
    if (attempt.kind === 'notProvable') return attempt.block
    if (attempt.kind === 'refused') refusals.push(attempt.refusal)
    if (attempt.kind === 'failed') failure = attempt.error
  }
  if (refusals.length > 0) throw new UnverifiedBlockError(pool.chain, refusals)
  if (failure !== null) throw failure
  return null
}
