import type { Hash } from '@ctrip/domain/hash'
import { idFromUuid, idToUuid, type MerchantId, type SweepId } from '@ctrip/domain/ids'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import type { Executor } from '../database/database'
import { type Page, type PageOf, pageOf } from '../database/pages'
import { readTransactionsOf } from './sweep-transactions'
import { readSweeps } from './sweeps'

/** A sweep with the transaction that collects: the mined one, or the newest signed; null before any is. */
export interface ListedSweep {
  readonly sweep: Sweep
  readonly transactionHash: Hash | null
}

/** A sweep that has the merchant's money in it; null for another's, as for none. Its items are everybody's: render one's own. */
export async function findSweep(executor: Executor, merchantId: MerchantId, id: SweepId): Promise<ListedSweep | null> {
  const rows = await executor.$queryRaw<unknown[]>`
    SELECT 1 FROM sweep_items
    WHERE sweep_id = ${idToUuid(id)}::uuid AND merchant_id = ${idToUuid(merchantId)}::uuid LIMIT 1`
  if (rows.length === 0) return null
  const [listed] = await read(executor, [id])
  return listed ?? null
}

/** Sweeps with the merchant's money in them, newest first, by the index sweep_items_by_merchant. */
export async function listSweeps(
  executor: Executor,
  merchantId: MerchantId,
  page: Page<SweepId>,
): Promise<PageOf<ListedSweep>> {
  const startingAfter = page.startingAfter === null ? null : idToUuid(page.startingAfter)
  const rows = await executor.$queryRaw<{ sweep_id: string }[]>`
    SELECT DISTINCT sweep_id FROM sweep_items
    WHERE merchant_id = ${idToUuid(merchantId)}::uuid
      AND (${startingAfter}::uuid IS NULL OR sweep_id < ${startingAfter}::uuid)
    ORDER BY sweep_id DESC LIMIT ${page.limit + 1}`
  const { items, hasMore } = pageOf(rows, page)
  const ids = items.map((row) => idFromUuid('sweep', row.sweep_id))
  return { items: (await read(executor, ids)).reverse(), hasMore }
}

/** In the order of their ids. */
async function read(executor: Executor, ids: readonly SweepId[]): Promise<ListedSweep[]> {
  const sweeps = await readSweeps(executor, ids)
  const transactions = Map.groupBy(await readTransactionsOf(executor, ids), ({ sweepId }) => sweepId)
  return sweeps.map((sweep) => ({ sweep, transactionHash: collectingHash(transactions.get(sweep.id) ?? []) }))
}

function collectingHash(transactions: readonly SweepTransaction[]): Hash | null {
  const collecting = transactions.findLast(({ purpose }) => purpose === 'collect')
  return collecting?.mined?.hash ?? collecting?.attempts[0]?.hash ?? null
}
