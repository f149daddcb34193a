import { agreedHead, type BlockClaim } from '@ctrip/chain/head'
import type { ChainState } from '@ctrip/db/chains/chain-state'
import type { Writing } from './chain'
import { chooseBranch, describeClaims, hasBranchQuorum } from './choose-branch'
import { fetchAhead } from './fetch-ahead'
import { fetchBranch, findAncestor, handleReorg } from './handle-reorg'
import * as metrics from './metrics'
import { recordBlock } from './record-block'
import { resumeScanning } from './start-scanning'

/** Then the chain's other work has its turn, also while catching up. */
export const BLOCKS_PER_CYCLE_MAX = 64

export interface Scanned {
  readonly state: ChainState
  /** There is more to scan, and the last cycle came forward. */
  readonly more: boolean
  /** The cursor is not at the head, and did not come closer to it. */
  readonly waits: boolean
  /** A provider has another block at the cursor's height, where more than one must agree. */
  readonly isSplit: boolean
}

/**
 * Commits the blocks between the cursor and the head, in order, each linked to the one before by its parent's hash. Polling
 * `latest` is the truth; whoever wakes this is only a hint. Returns how far the chain has been scanned; null while too few
 * providers answer, the chain has no first block or is halted. Reports the heads, and a cursor that does not come forward.
 */
export async function scanBlocks(deps: Writing, signal: AbortSignal): Promise<Scanned | null> {
  deps.report.step('reading the heads')
  const claims = await deps.source.readTag('latest', signal)
  deps.report.heads(claims)
  const head = agreedHead(claims, deps.chain.quorum)
  if (head === null) {
    deps.report.waited(`${claims.length} of ${deps.chain.providers.length} providers answer`)
    return null
  }
  const state = await resumeScanning(deps, claims, signal)
  if (state === null) deps.report.waited('the providers do not agree on its first block')
  if (state === null || state.haltedReason !== null) return null

  const replaced = isReplaced(state, head, claims)
  if (replaced && !(await hasBranchQuorum(deps, head, signal))) {
    const split = describeClaims(head.number, claims, deps.source.providers())
    deps.report.waited(`${split}; ${state.cursor.hash} was scanned`)
    return { state, waits: true, more: false, isSplit: true }
  }
  const atHead = replaced ? await turn(deps, state, head, signal) : state
  const { state: after, stoppedBy } = await followChain(deps, atHead, head, signal)
  report(deps, atHead, after, head)
  const moved = after.cursor.hash !== state.cursor.hash
  const waits = !moved && stoppedBy !== null
  if (waits) deps.report.waited(stoppedBy)
  const more = moved && after.haltedReason === null && after.cursor.number < head.number
  return { state: after, waits, more, isSplit: isSplit(deps.chain.quorum, after, claims) }
}

function isSplit(quorum: number, { cursor }: ChainState, claims: readonly BlockClaim[]): boolean {
  return quorum > 1 && claims.some(({ number, hash }) => number === cursor.number && hash !== cursor.hash)
}

interface Followed {
  readonly state: ChainState
  /** Why it ended below the head with nothing wrong; null where it did not. */
  readonly stoppedBy: string | null
}

/** Goes on from the cursor, at most one cycle's share, or turns round where the chain has. */
async function followChain(deps: Writing, from: ChainState, head: BlockClaim, signal: AbortSignal): Promise<Followed> {
  let state = from
  const ended = (state: ChainState, stoppedBy: string | null = null): Followed => ({ state, stoppedBy })
  if (state.haltedReason !== null) return ended(state)
  const to = Math.min(head.number, state.cursor.number + BLOCKS_PER_CYCLE_MAX)
  deps.report.step(`block ${state.cursor.number + 1}`)
  for await (const block of fetchAhead(deps, state.cursor.number + 1, to, signal)) {
    if (block.parentHash === state.cursor.hash) {
      state = await recordBlock(deps, state, block, signal)
      deps.report.step(`block ${state.cursor.number + 1}`)
      continue
    }
    const choice = await chooseBranch(deps, state, block, signal)
    if (choice.kind === 'next') return ended(await recordBlock(deps, state, choice.block, signal))
    if (choice.kind === 'wait') return ended(state, choice.reason)
    return ended(await handleReorg(deps, state, await findAncestor(deps, state, block, signal)))
  }
  if (head.number < state.cursor.number)
    return ended(
      state,
      `the newest block of the providers is ${head.number}, below ${state.cursor.number}, which was scanned`,
    )
  return ended(
    state,
    state.cursor.number < to ? 'no provider sends it with its receipts, though they have told of it' : null,
  )
}

/** A branch of the same height took our block's place, and no provider has ours any more: no need to wait for its next block. */
function isReplaced(state: ChainState, head: BlockClaim, claims: readonly BlockClaim[]): boolean {
  return head.number === state.cursor.number && !claims.some(({ hash }) => hash === state.cursor.hash)
}

async function turn(deps: Writing, state: ChainState, head: BlockClaim, signal: AbortSignal): Promise<ChainState> {
  const replacement = await fetchBranch(deps, head.hash, signal)
  return handleReorg(deps, state, await findAncestor(deps, state, replacement, signal))
}

function report({ chain, catchUp }: Writing, before: ChainState, after: ChainState, head: BlockClaim): void {
  const committed = after.cursor.number - before.cursor.number
  if (committed > 0) metrics.scanRange.observe({ chain: chain.name }, committed)
  catchUp.advanced(after.cursor.number, head.number)
}
