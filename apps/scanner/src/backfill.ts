import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { countAgreeing } from '@ctrip/chain/head'
import type { ChainState } from '@ctrip/db/chains/chain-state'
import { advanceBackfill, completeOperatorRequest, nextBackfill } from '@ctrip/db/chains/operator-requests'
import { isAtBlock } from '@ctrip/db/chains/progress'
import { canonicalBlock, countTransfersIn, insertBlock } from '@ctrip/db/chains/scanned-blocks'
import { insertTraceDebt } from '@ctrip/db/chains/trace-debts'
import { ConflictError } from '@ctrip/db/database/errors'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { TRANSFER_KINDS } from '@ctrip/domain/payment/payment'
import { reportChanges } from '@ctrip/use-cases/report-changes'
import type { Writing } from './chain'
import { fetchAhead } from './fetch-ahead'
import { lockRecipients, recordPayments, toScannedBlock, transfersOf } from './record-block'

/** A share of each cycle, so that new blocks never wait long for old ones. */
const BLOCKS_PER_CYCLE_MAX = 32

/**
 * Scans again what an operator asked for, below the cursor. Whatever had been recorded stays as it is; what is found besides is
 * recorded, and told loudly, since there should be nothing. Progress is committed, so a restart goes on where it was; killed
 * before that, it scans the same blocks once more.
 */
export async function backfillBlocks(deps: Writing, state: ChainState, signal: AbortSignal): Promise<boolean> {
  const { chain, db, log } = deps
  const request = await db.query('backfill.next', (prisma) => nextBackfill(prisma, chain.chainId))
  if (request === null) return false
  const last = Math.min(request.toBlock, state.cursor.number)
  let next = request.fromBlock
  let differences = 0
  for await (const block of fetchAhead(deps, next, Math.min(last, next + BLOCKS_PER_CYCLE_MAX - 1), signal)) {
    if (!(await isOnOurBranch(deps, block, signal))) break
    differences += await scanAgain(deps, state, block, signal)
    next = block.number + 1
  }
  const done = next > last
  await db.query('backfill.progress', (prisma) =>
    done ? completeOperatorRequest(prisma, request.id) : advanceBackfill(prisma, request.id, next),
  )
  log.info({ chain: chain.name, next_block: next, last_block: last, differences, done }, 'scanner.backfilled')
  return !done && next > request.fromBlock
}

/** The block as committed; one that is no longer kept, or never was, is asked of the providers: a proof tells what is in it, not whether it is canonical. */
async function isOnOurBranch({ chain, source, db }: Writing, block: VerifiedBlock, signal: AbortSignal) {
  const ours = await db.query('backfill.canonical', (prisma) => canonicalBlock(prisma, chain.chainId, block.number))
  if (ours !== null) return ours.hash === block.hash
  return countAgreeing(await source.readHeight(block.number, signal), block.hash) >= chain.quorum
}

/** Returns how many differences there were: transfers that had been missed, and recorded ones that the block does not hold. */
async function scanAgain(deps: Writing, state: ChainState, block: VerifiedBlock, signal: AbortSignal): Promise<number> {
  const { chain, log } = deps
  const { transfers, internalTransfers, owed } = await transfersOf(deps, block, signal)
  const { recorded, results, surplus } = await commit(deps, 'scan.backfill', async (tx) => {
    const recipients = await lockRecipients(tx, block, transfers)
    if (!(await isAtBlock(tx, chain.chainId, state.cursor)))
      throw new ConflictError('a reorg moved the cursor meanwhile')
    if (recipients.transfers.length > 0 || owed !== null) await insertBlock(tx, chain.chainId, toScannedBlock(block))
    if (owed !== null) await insertTraceDebt(tx, chain.chainId, block, owed)
    const committed = await recordPayments(tx, deps, toScannedBlock(block), recipients, null)
    const kinds = TRANSFER_KINDS.filter((kind) => kind !== 'internal' || internalTransfers === 'trace')
    const known = await countTransfersIn(tx, chain.chainId, block.hash, kinds)
    return { ...committed, surplus: known - committed.ours }
  })
  if (results.length > 0) deps.wakeRelay()
  reportChanges(log, results)
  for (const { id, paymentId } of recorded)
    log.error(
      { chain: chain.name, block: block.number, payment_id: paymentId, transfer_id: id },
      'scanner.backfill_found',
    )
  if (surplus <= 0) return recorded.length
  log.error({ chain: chain.name, block: block.number, transfers: surplus }, 'scanner.backfill_surplus')
  return recorded.length + surplus
}
