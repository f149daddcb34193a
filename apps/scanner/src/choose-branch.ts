import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { type BlockClaim, countAgreeing } from '@ctrip/chain/head'
import type { ChainState } from '@ctrip/db/chains/chain-state'
import type { Hash } from '@ctrip/domain/hash'
import type { ChainSource, Writing } from './chain'

/** `turn`: the chain went another way. `next`: ours goes on, with this block. `wait`: neither is sure yet; the next cycle asks again. */
export type Choice =
  | { readonly kind: 'turn' }
  | { readonly kind: 'next'; readonly block: VerifiedBlock }
  | { readonly kind: 'wait'; readonly reason: string }

interface VoteDeps {
  readonly chain: Pick<Writing['chain'], 'quorum'>
  readonly source: Pick<ChainSource, 'readHeight' | 'recheck'>
}

interface ChooseDeps extends Pick<Writing, 'log'> {
  readonly chain: Pick<Writing['chain'], 'name' | 'quorum'>
  readonly source: Pick<ChainSource, 'providers' | 'readHeight' | 'fetchBlock'>
}

/**
 * Decides about a block that does not follow the cursor. The branch that more providers have at the cursor's height wins, and of
 * equal ones the longer, which is the block's: one provider that is stuck on a dead fork, or invents one, turns nobody round. With a
 * quorum of one, a branch that left ours below finality loses a tie, so that its provider does not stop the chain, though it is asked
 * first. A provider that does not answer counts for neither branch, so with a quorum above one the new branch needs that many
 * providers, too.
 */
export async function chooseBranch(
  { chain, source, log }: ChooseDeps,
  state: Pick<ChainState, 'cursor' | 'finalizedNumber'>,
  block: VerifiedBlock,
  signal: AbortSignal,
): Promise<Choice> {
  const { number, hash } = state.cursor
  const claims = await source.readHeight(number, signal)
  const ours = countAgreeing(claims, hash)
  const theirs = countAgreeing(claims, block.parentHash)
  const mayTurn = theirs >= ours && (chain.quorum === 1 || theirs >= chain.quorum)
  const isTie = chain.quorum === 1 && theirs === ours && ours > 0
  const leavesFinality = async () =>
    partsAt(
      await source.readHeight(state.finalizedNumber, signal),
      votersFor(claims, hash),
      votersFor(claims, block.parentHash),
    )
  if (mayTurn && !(isTie && (await leavesFinality()))) return { kind: 'turn' }
  log.warn(
    { chain: chain.name, block: block.number, provider: block.provider, agreeing: theirs, against: ours },
    'scanner.minority_branch',
  )
  const claim = (await source.readHeight(number + 1, signal)).find(({ parentHash }) => parentHash === hash)
  const next = claim === undefined ? null : await source.fetchBlock({ hash: claim.hash }, signal)
  if (next !== null) return { kind: 'next', block: next }
  const reason = `${describeClaims(number, claims, source.providers())}; the quorum is ${chain.quorum}, and ${hash} was scanned`
  return { kind: 'wait', reason }
}

function votersFor(claims: readonly BlockClaim[], hash: Hash): string[] {
  return claims.filter((claim) => claim.hash === hash).map(({ provider }) => provider)
}

/**
 * Whether no provider of one group has the block of the other group at a height. False while either group does not answer: such silence
 * proves nothing.
 */
function partsAt(claims: readonly BlockClaim[], ours: readonly string[], theirs: readonly string[]): boolean {
  const hashesOf = (names: readonly string[]) =>
    new Set(claims.filter(({ provider }) => names.includes(provider)).map(({ hash }) => hash))
  const [left, right] = [hashesOf(ours), hashesOf(theirs)]
  return left.size > 0 && right.size > 0 && [...left].every((hash) => !right.has(hash))
}

/**
 * Whether a block of another branch has enough providers to turn round, or to halt, for. With a quorum of one, the provider that told
 * of it is enough, and nobody is asked.
 */
export async function hasBranchQuorum(
  { chain, source }: VoteDeps,
  { number, hash }: { readonly number: number; readonly hash: Hash },
  signal: AbortSignal,
): Promise<boolean> {
  if (chain.quorum === 1) return true
  return countAgreeing(await source.readHeight(number, signal), hash) >= chain.quorum
}

/**
 * Whether the quorum has this block of another branch, and more providers than have ours, when each has just been asked again which
 * chain it serves: for a turn or a halt that nothing takes back. One provider that answers for another network for some seconds is left
 * out by that, and so is one of two that contradict each other below finality.
 */
export async function isVouchedFor(
  { chain, source }: VoteDeps,
  { number, hash }: { readonly number: number; readonly hash: Hash },
  ours: Hash | null,
  signal: AbortSignal,
): Promise<boolean> {
  await source.recheck(signal)
  const claims = await source.readHeight(number, signal)
  const theirs = countAgreeing(claims, hash)
  return theirs >= chain.quorum && (ours === null || theirs > countAgreeing(claims, ours))
}

/** Each hash that is claimed for a height, with the names of its providers, and the providers that name none. */
export function describeClaims(number: number, claims: readonly BlockClaim[], providers: readonly string[]): string {
  const byHash = Map.groupBy(claims, ({ hash }) => hash)
  const names = (some: readonly BlockClaim[]) => some.map(({ provider }) => provider).join(', ')
  const parts = [...byHash].map(([hash, some]) => `${hash} (${names(some)})`)
  const silent = providers.filter((name) => !claims.some(({ provider }) => provider === name))
  if (silent.length > 0) parts.push(`no block (${silent.join(', ')})`)
  return `the providers do not agree on block ${number}: ${parts.join(', ')}`
}
