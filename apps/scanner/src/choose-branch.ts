import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { countAgreeing } from '@ctrip/chain/head'
import type { ChainState } from '@ctrip/db/chains/chain-state'
import type { ChainSource, Writing } from './chain'

/** `turn`: the chain went another way. `next`: ours goes on, with this block. `wait`: ours stands, and has no next block yet. */
export type Choice =
  | { readonly kind: 'turn' }
  | { readonly kind: 'next'; readonly block: VerifiedBlock }
  | { readonly kind: 'wait' }

interface ChooseDeps extends Pick<Writing, 'log'> {
  readonly chain: Pick<Writing['chain'], 'name'>
  readonly source: Pick<ChainSource, 'readHeight' | 'fetchBlock'>
}

/**
 * Decides about a block that does not follow the cursor. The branch that more providers have at the cursor's height wins, and of
 * equal ones the longer, which is the block's: one provider that is stuck on a dead fork, or invents one, turns nobody round.
 */
export async function chooseBranch(
  { chain, source, log }: ChooseDeps,
  state: Pick<ChainState, 'cursor'>,
  block: VerifiedBlock,
  signal: AbortSignal,
): Promise<Choice> {
  const { number, hash } = state.cursor
  const claims = await source.readHeight(number, signal)
  const ours = countAgreeing(claims, hash)
  const theirs = countAgreeing(claims, block.parentHash)
  if (theirs >= ours) return { kind: 'turn' }
  log.warn(
    { chain: chain.name, block: block.number, provider: block.provider, agreeing: theirs, against: ours },
    'scanner.minority_branch',
  )
  const claim = (await source.readHeight(number + 1, signal)).find(({ parentHash }) => parentHash === hash)
  const next = claim === undefined ? null : await source.fetchBlock({ hash: claim.hash }, signal)
  return next === null ? { kind: 'wait' } : { kind: 'next', block: next }
}
