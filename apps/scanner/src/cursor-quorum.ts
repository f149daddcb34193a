import { agreedHead, type BlockClaim, countAgreeing } from '@ctrip/chain/head'
import type { ChainState } from '@ctrip/db/chains/chain-state'
import { canonicalBlock } from '@ctrip/db/chains/scanned-blocks'
import type { Writing } from './chain'
import { describeClaims } from './choose-branch'
import * as metrics from './metrics'

/** Whether enough providers have the cursor's block for what is decided on it. */
export type CursorQuorum = () => Promise<boolean>

/**
 * Asks all providers for the cursor's block, which commits to everything below it. Asks at the first call, and at most once in a cycle:
 * confirming, expiring and finalizing share the answer. Without a quorum it reports that the cycle waits, and for whom.
 */
export function cursorQuorum(deps: Writing, state: ChainState, signal: AbortSignal) {
  let answer: Promise<boolean> | undefined
  let isMissing = false
  async function ask(): Promise<boolean> {
    const hasQuorum = await providersAgree(deps, state, signal)
    isMissing = !hasQuorum
    return hasQuorum
  }
  const hasQuorum: CursorQuorum = () => {
    answer ??= ask()
    return answer
  }
  return { hasQuorum, isMissing: () => isMissing }
}

async function providersAgree(
  { chain, source, log, report }: Writing,
  state: ChainState,
  signal: AbortSignal,
): Promise<boolean> {
  const { number, hash } = state.cursor
  const claims = await source.readHeight(number, signal)
  const agreeing = countAgreeing(claims, hash)
  if (agreeing >= chain.quorum) return true
  const claimed = describeClaims(number, claims, source.providers())
  log.warn({ chain: chain.name, block: number, agreeing, quorum: chain.quorum, reason: claimed }, 'scanner.no_quorum')
  report.step(QUORUM_STEP)
  report.waited(`${claimed}; ${agreeing} of the quorum of ${chain.quorum} have the block that was scanned`)
  return false
}

/** One step for every block, so that a disagreement that lasts while the cursor moves counts as one. */
const QUORUM_STEP = 'the quorum'

/**
 * The height up to which a tag of the consensus layer reaches in the branch that was scanned; null while too few providers name a block of
 * it. A tagged block is compared by hash: the number alone may be of another branch, or of another network.
 */
export async function taggedHeight(
  { chain, db, source }: Writing,
  { cursor }: ChainState,
  tag: 'safe' | 'finalized',
  hasQuorum: CursorQuorum,
  signal: AbortSignal,
): Promise<number | null> {
  const claims = await source.readTag(tag, signal)
  const heights = [...new Set(claims.map(({ number }) => number))].filter((number) => number <= cursor.number)
  const ours = new Map(
    await db.query('scan.tagged_blocks', (prisma) =>
      Promise.all(
        heights.map(async (number) => [number, await canonicalBlock(prisma, chain.chainId, number)] as const),
      ),
    ),
  )
  const isOurs = ({ number, hash }: BlockClaim) => number > cursor.number || ours.get(number)?.hash === hash
  const tagged = agreedHead(claims.filter(isOurs), chain.quorum)
  if (tagged === null || (tagged.number > cursor.number && !(await hasQuorum()))) return null
  metrics.chainHead.set({ chain: chain.name, tag }, tagged.number)
  return Math.min(tagged.number, cursor.number)
}
