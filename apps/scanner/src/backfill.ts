import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import type { ChainState } from '@ctrip/db/chain-state'
import { assertLease } from '@ctrip/db/leases'
import { advanceBackfill, completeOperatorRequest, nextBackfill } from '@ctrip/db/operator-requests'
import { reportChanges } from '@ctrip/db/report-changes'
import type { Writing } from './chain'
import { fetchAhead } from './fetch-ahead'
import { recordPayments, toScannedBlock, transfersOf } from './record-block'

/** A share of each cycle, so that new blocks never wait long for old ones. */
const BLOCKS_PER_CYCLE_MAX = 32

/**
 * Scans again what an operator asked for, below the cursor. Whatever had been recorded stays as it is; what is found besides is
 * recorded, and told loudly, since there should be nothing. Progress is committed, so a restart goes on where it was.
 */
export async function backfillBlocks(deps: Writing, state: ChainState, signal: AbortSignal): Promise<boolean> {
  const { chain, db, log } = deps
  const request = await db.query('backfill.next', (prisma) => nextBackfill(prisma, chain.chainId))
  if (request === null) return false
  const last = Math.min(request.toBlock, state.cursor.number)
  let next = request.fromBlock
  let found = 0
  for await (const block of fetchAhead(deps, next, Math.min(last, next + BLOCKS_PER_CYCLE_MAX - 1), signal)) {
    found += await scanAgain(deps, block, signal)
    next = block.number + 1
  }
  const done = next > last
  await db.query('backfill.progress', (prisma) =>
    done ? completeOperatorRequest(prisma, request.id) : advanceBackfill(prisma, request.id, next),
  )
  log.info({ chain: chain.name, next_block: next, last_block: last, found, done }, 'scanner.backfilled')
  return !done && next > request.fromBlock
}

async function scanAgain(deps: Writing, block: VerifiedBlock, signal: AbortSignal): Promise<number> {
  const { chain, db, lease, log } = deps
  const transfers = await transfersOf(deps, block, signal)
  const { recorded, results } = await db.transaction('scan.backfill', async (tx) => {
    const committed = await recordPayments(tx, chain, toScannedBlock(block), transfers, null)
    await assertLease(tx, lease)
    return committed
  })
  if (results.length > 0) deps.wakeRelay()
  reportChanges(log, results)
  for (const { id, paymentId } of recorded)
    log.error(
      { chain: chain.name, block: block.number, payment_id: paymentId, transfer_id: id },
      'scanner.backfill_found',
    )
  return recorded.length
}
