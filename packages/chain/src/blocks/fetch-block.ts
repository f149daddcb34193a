import type { Hash } from '@ctrip/domain/hash'
import type { ChainConfig } from '../chain-config'
import { MalformedHexError } from '../hex'
import { PermanentRpcError, RetryableRpcError } from '../rpc/rpc-error'
import type { RpcPool } from '../rpc/rpc-pool'
import { type BlockCodec, codecOf } from './block-codec'
import type { BlockRef } from './block-ref'
import type { BlockCheck } from './check-failed'
import { contentsDigest } from './contents-digest'
import { fetchRawBlock } from './fetch-raw-block'
import { acceptedCopy, type Copy, copiesMissing, judgeCopies } from './judge-copies'
import { type Keccak256, loadKeccak256 } from './keccak'
import type { RawBlock } from './read-block'
import type { VerifiedBlock } from './verified-block'
import { verifyBlock } from './verify-block'

/** A provider's copy of a block that was not believed. */
export interface BlockRefusal {
  readonly provider: string
  readonly check: BlockCheck
  readonly detail: string
  /** The block that the copy claims to be, as the provider spells it; null where it names none. */
  readonly number: string | null
  readonly hash: string | null
}

export interface FetchBlockOptions {
  readonly signal?: AbortSignal
  /** Called for each refused copy, also when another provider's is good: it belongs in the log. */
  readonly onRefusal?: (refusal: BlockRefusal) => void
  /** Whether an operator accepted the block of this hash. Called only for a block that is neither proven nor agreed. */
  readonly isAccepted?: (hash: Hash) => Promise<boolean>
}

/** Every copy that came was refused. */
export class UnverifiedBlockError extends RetryableRpcError {
  constructor(
    chain: string,
    readonly refusals: readonly BlockRefusal[],
  ) {
    const reason = refusals
      .map(({ provider, check, detail, number, hash }) => `${provider}: ${check}, ${detail}${named(number, hash)}`)
      .join('; ')
    super('unverified', { chain, provider: 'all', method: 'fetchBlock', reason })
  }
}

type FetchAttempt =
  | { readonly kind: 'proven'; readonly block: VerifiedBlock }
  | { readonly kind: 'copy'; readonly copy: Copy }
  | { readonly kind: 'refused'; readonly refusal: BlockRefusal; readonly copy: Copy | null }
  | { readonly kind: 'missing'; readonly provider: string }
  | { readonly kind: 'failed'; readonly provider: string; readonly error: RetryableRpcError | PermanentRpcError }

/**
 * Fetches a block, and founds its contents as well as the providers allow.
 * - A copy that proves wins, whoever sends it. In ordinary times the first provider's does, and no other is asked.
 * - Where no copy can be proven, or `verify` is structural, contents are compared: equal ones at enough providers are `agreed`.
 * - With a quorum of one, a lone copy is a `single_word`, unless another provider's copy differs.
 * - Otherwise an operator may have accepted the block.
 *
 * Null: nobody has the block (it is above the head, or was orphaned). Throws RetryableRpcError where that is not known, and while
 * the contents are not founded: who differs, and who could not be asked, is in its message. A provider that could not be asked
 * has not answered, so with a quorum above one the block waits for it. Throws UnverifiedBlockError (one of them) where every copy
 * was refused.
 */
export async function fetchBlock(
  pool: RpcPool,
  chain: Pick<ChainConfig, 'verify' | 'quorum'> & Partial<Pick<ChainConfig, 'family'>>,
  ref: BlockRef,
  options: FetchBlockOptions = {},
): Promise<VerifiedBlock | null> {
  const keccak256 = await loadKeccak256()
  const request = { ref, verify: chain.verify, codec: codecOf(chain.family ?? 'ethereum'), keccak256 }
  const attempts: FetchAttempt[] = []
  const waiting = pool.ranking()
  while (waiting.length > 0) {
    const copies = attempts.flatMap(agreeable)
    const missing = copies.length === 0 ? 1 : copiesMissing(copies, chain.quorum)
    if (missing <= 0) break
    const asked = waiting.splice(0, missing)
    const answers = await Promise.all(asked.map((provider) => tryProvider(pool, request, provider, options.signal)))
    attempts.push(...answers)
    for (const answer of answers) if (answer.kind === 'refused') report(pool, answer.refusal, options)
    const proven = answers.find((answer) => answer.kind === 'proven')
    if (proven === undefined) continue
    for (const refusal of refutedBy(attempts)) report(pool, refusal, options)
    return proven.block
  }
  return conclude(pool, chain, attempts, options)
}

interface BlockRequest {
  readonly ref: BlockRef
  readonly verify: ChainConfig['verify']
  readonly codec: BlockCodec
  readonly keccak256: Keccak256
}

async function tryProvider(
  pool: RpcPool,
  request: BlockRequest,
  provider: string,
  signal: AbortSignal | undefined,
): Promise<FetchAttempt> {
  try {
    const raw = await fetchRawBlock(pool, request.ref, { provider, signal })
    if (raw === null) return { kind: 'missing', provider }
    return judged(request, raw, provider)
  } catch (error) {
    if (error instanceof RetryableRpcError || error instanceof PermanentRpcError)
      return { kind: 'failed', provider, error }
    if (error instanceof MalformedHexError) {
      const refusal = { provider, check: 'malformed', detail: error.message, ...namesOf({}) } as const
      return { kind: 'refused', refusal, copy: null }
    }
    throw error
  }
}

function judged({ ref, verify, keccak256, codec }: BlockRequest, raw: RawBlock, provider: string): FetchAttempt {
  const verification = verifyBlock(ref, raw, verify, keccak256, codec)
  switch (verification.kind) {
    case 'proven':
      return { kind: 'proven', block: { ...verification.block, trust: 'proven', provider } }
    case 'consistent':
      return { kind: 'copy', copy: toCopy(provider, verification.block, null, null) }
    case 'notProvable':
      return { kind: 'copy', copy: toCopy(provider, verification.block, null, verification.reason) }
    case 'refused': {
      const { check, detail, block } = verification
      const refusal = { provider, check, detail, ...namesOf(raw.block) }
      return {
        kind: 'refused',
        refusal,
        copy: block === null ? null : toCopy(provider, block, check, `${check}: ${detail}`),
      }
    }
  }
}

function toCopy(provider: string, block: Copy['block'], check: BlockCheck | null, reason: string | null): Copy {
  return { provider, block, digest: contentsDigest(block), doubt: { check, reason } }
}

/** Copies that are no proof, and may agree with each other. */
function agreeable(attempt: FetchAttempt): Copy[] {
  if (attempt.kind === 'copy') return [attempt.copy]
  return attempt.kind === 'refused' && attempt.copy !== null ? [attempt.copy] : []
}

/** Copies said not to be provable, of a block that was then proven. */
function refutedBy(attempts: readonly FetchAttempt[]): BlockRefusal[] {
  return attempts.flatMap((attempt) =>
    attempt.kind === 'copy' && attempt.copy.doubt.reason !== null
      ? [refusalOf(attempt.copy, 'not_provable', attempt.copy.doubt.reason)]
      : [],
  )
}

function refusalOf({ provider, block }: Copy, check: BlockCheck, detail: string): BlockRefusal {
  return { provider, check, detail, number: String(block.number), hash: block.hash }
}

function report(pool: RpcPool, refusal: BlockRefusal, options: FetchBlockOptions): void {
  pool.reportLie(refusal.provider, refusal.check)
  options.onRefusal?.(refusal)
}

/** Nobody sent a block that proves. */
async function conclude(
  pool: RpcPool,
  chain: Pick<ChainConfig, 'quorum'>,
  attempts: readonly FetchAttempt[],
  options: FetchBlockOptions,
): Promise<VerifiedBlock | null> {
  const copies = attempts.flatMap(agreeable)
  const verdict = judgeCopies(copies, chain.quorum)
  if (verdict.kind === 'taken') {
    for (const copy of verdict.against)
      report(pool, refusalOf(copy, 'contents', 'others agree on other contents'), options)
    return toBlock(verdict.copy, verdict.trust)
  }
  const accepted = await acceptedByOperator(copies, options)
  if (accepted !== null) return toBlock(accepted, 'accepted')
  return nothing(pool, chain, attempts)
}

async function acceptedByOperator(copies: readonly Copy[], { isAccepted }: FetchBlockOptions): Promise<Copy | null> {
  for (const [hash, same] of Map.groupBy(copies, ({ block }) => block.hash)) {
    const copy = acceptedCopy(same)
    if (copy !== null && (await isAccepted?.(hash)) === true) return copy
  }
  return null
}

function toBlock({ block, provider, doubt }: Copy, trust: VerifiedBlock['trust']): VerifiedBlock {
  return { ...block, trust, provider, ...(doubt.reason === null ? {} : { notProvable: doubt.reason }) }
}

/** Why there is no block: null where every provider says that it has none. */
function nothing(pool: RpcPool, { quorum }: Pick<ChainConfig, 'quorum'>, attempts: readonly FetchAttempt[]): null {
  const refusals = attempts.flatMap((attempt) => (attempt.kind === 'refused' ? [attempt.refusal] : []))
  const failures = attempts.flatMap((attempt) => (attempt.kind === 'failed' ? [attempt.error] : []))
  if (attempts.some(({ kind }) => kind === 'copy')) throw unfounded(pool, quorum, attempts)
  if (refusals.length > 0) throw new UnverifiedBlockError(pool.chain, refusals)
  const [failure] = failures.slice(-1)
  if (failure !== undefined) throw failure
  if (attempts.length === 0) throw pool.nobodyToAsk('fetchBlock')
  return null
}

/** Copies came, and nobody vouches for them: says who tells what, and who could not be asked. */
function unfounded(pool: RpcPool, quorum: number, attempts: readonly FetchAttempt[]): RetryableRpcError {
  const asked = new Set(attempts.map(providerOf))
  const unasked = pool.status().filter(({ name }) => !asked.has(name))
  const words = [
    ...attempts.map(inWords),
    ...unasked.map(({ name }) => `${name} could not be asked: it is paused or cut off`),
  ]
  const reason = `no proof, and not the same contents at ${Math.max(2, quorum)} providers: ${words.join('; ')}`
  return new RetryableRpcError('unverified', { chain: pool.chain, provider: 'all', method: 'fetchBlock', reason })
}

function providerOf(attempt: FetchAttempt): string {
  switch (attempt.kind) {
    case 'proven':
      return attempt.block.provider
    case 'copy':
      return attempt.copy.provider
    case 'refused':
      return attempt.refusal.provider
    case 'missing':
    case 'failed':
      return attempt.provider
  }
}

function inWords(attempt: FetchAttempt): string {
  switch (attempt.kind) {
    case 'proven':
      return `${attempt.block.provider} proves it`
    case 'copy': {
      const { provider, block, digest, doubt } = attempt.copy
      const contents = `contents ${digest.slice(0, 8)} of${named(block.number, block.hash)}`
      return `${provider} has ${contents}${doubt.reason === null ? '' : `, not provable: ${doubt.reason}`}`
    }
    case 'refused':
      return `${attempt.refusal.provider} refused: ${attempt.refusal.check}, ${attempt.refusal.detail}`
    case 'missing':
      return `${attempt.provider} has no such block`
    case 'failed':
      return `${attempt.provider} could not be asked: ${attempt.error.message}`
  }
}

function named(number: string | number | null, hash: string | null): string {
  return hash === null ? '' : ` block ${number ?? '?'} ${hash}`
}

/** A foreign text goes into a log only if it looks like what it should be. */
function namesOf(block: RawBlock['block']): Pick<BlockRefusal, 'number' | 'hash'> {
  const { number, hash } = block
  return {
    number: typeof number === 'string' && /^0x[0-9a-fA-F]{1,16}$/.test(number) ? String(Number(number)) : null,
    hash: typeof hash === 'string' && /^0x[0-9a-fA-F]{64}$/.test(hash) ? hash : null,
  }
}
