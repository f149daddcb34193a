import { countAgreeing } from '@ctrip/chain/head'
import type { ChainState } from '@ctrip/db/chains/chain-state'
import type { Writing } from './chain'

/** Whether enough providers have the cursor's block for what is decided on it. */
export type CursorQuorum = () => Promise<boolean>

/**
 * Asks all providers for the cursor's block, which commits to everything below it. Asks at the first call, and at most once in a cycle:
 * confirming, expiring and finalizing share the answer.
 */
export function cursorQuorum(deps: Writing, state: ChainState, signal: AbortSignal): CursorQuorum {
  let answer: Promise<boolean> | undefined
  return () => {
    answer ??= providersAgree(deps, state, signal)
    return answer
  }
}

async function providersAgree(
  { chain, source, log }: Writing,
  state: ChainState,
  signal: AbortSignal,
): Promise<boolean> {
  const agreeing = countAgreeing(await source.readHeight(state.cursor.number, signal), state.cursor.hash)
  if (agreeing >= chain.quorum) return true
  log.warn({ chain: chain.name, block: state.cursor.number, agreeing, quorum: chain.quorum }, 'scanner.no_quorum')
  return false
}
