import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { type BlockRef, type ChainState, haltChain, moveCursor } from '@ctrip/db/chains/chain-state'
import {
  canonicalBlock,
  insertBlock,
  oldestCanonicalBlock,
  orphanAbove,
  paymentsPaidAbove,
  type ScannedBlock,
} from '@ctrip/db/chains/scanned-blocks'
import { ConflictError } from '@ctrip/db/database/errors'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { lockPayments } from '@ctrip/db/payments/payments'
import type { Hash } from '@ctrip/domain/hash'
import { changePayments } from '@ctrip/use-cases/change-payments'
import { reportChanges } from '@ctrip/use-cases/report-changes'
import { ACTOR, type Writing } from './chain'
import { isVouchedFor } from './choose-branch'
import { BranchGoneError } from './cycle-failure'
import * as metrics from './metrics'

/** Where two branches part. `adopted`: no block is common, because scanning began above; the new branch's own, older than any of ours, is taken. */
export type Ancestor =
  | { readonly kind: 'common'; readonly block: BlockRef & { readonly time: Date } }
  | { readonly kind: 'adopted'; readonly block: ScannedBlock }
  | { readonly kind: 'below_finality'; readonly number: number }

/** A turn below this many blocks is everyday; before a deeper one the providers are checked again. */
const UNCHECKED_DEPTH_MAX = 5

/**
 * Walks the new branch back, by hash, until a block that we have committed. A branch that leaves ours below finality halts the chain, and
 * one that leaves it deep, or shares nothing with it, orphans much: before either, each provider is asked again which chain it serves,
 * and the quorum for the branch. While too few have it, this throws, and the next cycle tries again.
 */
export async function findAncestor(
  deps: Writing,
  state: ChainState,
  newBlock: VerifiedBlock,
  signal: AbortSignal,
): Promise<Ancestor> {
  const { chain, db } = deps
  const oldest = await db.query('scan.oldest_block', (prisma) => oldestCanonicalBlock(prisma, chain.chainId))
  let ourBlock: Hash | null = null
  for (let block = newBlock; ; ) {
    const number = block.number - 1
    if (number < state.finalizedNumber) {
      if (await isVouchedFor(deps, block, ourBlock, signal)) return { kind: 'below_finality', number }
      throw notVouchedFor(block, 'halt the chain')
    }
    const ours = await db.query('scan.canonical_block', (prisma) => canonicalBlock(prisma, chain.chainId, number))
    if (ours?.hash === block.parentHash) {
      const isDeep = state.cursor.number - number > UNCHECKED_DEPTH_MAX
      if (isDeep && !(await isVouchedFor(deps, newBlock, null, signal)))
        throw notVouchedFor(newBlock, `orphan ${state.cursor.number - number} blocks`)
      return { kind: 'common', block: ours }
    }
    ourBlock = ours?.hash ?? null
    block = await fetchBranch(deps, block.parentHash, signal)
    if (oldest === null || number < oldest.number || number === 0) {
      if (!(await isVouchedFor(deps, block, ourBlock, signal))) throw notVouchedFor(block, 'orphan every block')
      return { kind: 'adopted', block: { ...block, time: new Date(block.timestamp * 1000) } }
    }
  }
}

function notVouchedFor({ hash, number }: VerifiedBlock, consequence: string): BranchGoneError {
  return new BranchGoneError(
    `block ${number}, ${hash}, would ${consequence}: the providers were checked again, and too few of this chain have it`,
  )
}

/**
 * Takes what left the chain back, in one transaction: blocks and transfers are orphaned (and kept), payments go back to what
 * the rest supports and say so, the cursor stands at the ancestor. Scanning then goes on along the new branch. A reorg below
 * finality breaks what the chain promised: the chain halts until an operator has looked.
 */
export async function handleReorg(deps: Writing, state: ChainState, ancestor: Ancestor): Promise<ChainState> {
  if (ancestor.kind === 'below_finality') return halt(deps, state, ancestor.number)
  const { chain, log } = deps
  const { block } = ancestor
  const { results, orphaned } = await commit(deps, 'scan.reorg', async (tx) => {
    const ids = await paymentsPaidAbove(tx, chain.chainId, block.number)
    await lockPayments(tx, ids)
    await moveCursor(tx, chain.chainId, state.cursor.hash, block)
    const floor = ancestor.kind === 'adopted' ? block.number - 1 : block.number
    const orphaned = await orphanAbove(tx, chain.chainId, floor)
    // A debt that was settled since the payments were read may have paid another one.
    if (orphaned.transfers.some(({ paymentId }) => !ids.includes(paymentId)))
      throw new ConflictError('a block above the ancestor was credited meanwhile')
    if (ancestor.kind === 'adopted') await insertBlock(tx, chain.chainId, ancestor.block)
    const orphanedIds = orphaned.transfers.map(({ id }) => id)
    const fact = { kind: 'transfers_changed', appeared: [], reappeared: [], orphaned: orphanedIds } as const
    const view = { headNumber: block.number, headTime: block.time }
    const results = await changePayments(tx, ids, () => fact, {
      actor: ACTOR,
      rateBook: deps.rateBook,
      blockNumber: block.number,
      chain: { chainId: chain.chainId, view },
    })
    return { results, orphaned }
  })
  deps.wakeRelay()
  reportChanges(log, results)
  metrics.reorgs.inc({ chain: chain.name })
  metrics.reorgDepth.observe({ chain: chain.name }, state.cursor.number - block.number)
  log.warn(
    {
      chain: chain.name,
      from_block: state.cursor.number,
      to_block: block.number,
      blocks: orphaned.blocks,
      transfers: orphaned.transfers.length,
    },
    'scanner.reorg',
  )
  return { ...state, cursor: { number: block.number, hash: block.hash }, cursorTime: block.time }
}

async function halt(deps: Writing, state: ChainState, ancestorNumber: number): Promise<ChainState> {
  const { chain, log } = deps
  const reason = `a reorg goes below block ${state.finalizedNumber}, which was final`
  await commit(deps, 'scan.halt', async (tx) => {
    await haltChain(tx, chain.chainId, reason)
  })
  metrics.reorgs.inc({ chain: chain.name })
  metrics.reorgDepth.observe({ chain: chain.name }, state.cursor.number - ancestorNumber)
  log.fatal(
    { chain: chain.name, finalized_block: state.finalizedNumber, ancestor_block: ancestorNumber, reason },
    'scanner.chain_halted',
  )
  return { ...state, haltedReason: reason }
}

/** A block of the new branch, by hash, not height: a height may be another branch's by now. */
export async function fetchBranch(deps: Writing, hash: Hash, signal: AbortSignal): Promise<VerifiedBlock> {
  const block = await deps.source.fetchBlock({ hash }, signal)
  if (block === null) throw new BranchGoneError(`no provider has ${hash} any more`)
  return block
}
