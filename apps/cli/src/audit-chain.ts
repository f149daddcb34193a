import { setTimeout as sleep } from 'node:timers/promises'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { findDiscrepancies } from '@ctrip/chain/find-discrepancies'
import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { type LedgerPage, readLedgerPage } from '@ctrip/db/chains/reconciliation'
import type { Database } from '@ctrip/db/database/database'
import type { Address } from '@ctrip/domain/address'
import type { Discrepancy } from '@ctrip/domain/reconcile'

const ADDRESSES_PER_PAGE = 500
const TRIES = 5
const PAUSE_MS = 2_000

export interface ChainAudit {
  readonly chain: string
  /** The block that the last page was held against; null where nothing was ever scanned. */
  readonly block: number | null
  readonly addresses: number
  readonly underWay: number
  readonly discrepancies: readonly Discrepancy[]
}

/**
 * Audits every address after `after`, page by page. Each page is judged at the block scanned last at that moment: nodes
 * keep the state of recent blocks only, and an audit of millions of addresses outlives them.
 */
export async function auditChain(
  db: Database,
  chain: ChainConfig,
  after: Address | null,
  onProgress: (soFar: ChainAudit, last: Address) => void,
): Promise<ChainAudit> {
  const pool = new RpcPool(chain)
  try {
    let soFar: ChainAudit = { chain: chain.name, block: null, addresses: 0, underWay: 0, discrepancies: [] }
    for (let last = after; ; ) {
      const judged = await judgePage(db, pool, chain, last)
      if (judged === null) return soFar
      const { page, found } = judged
      soFar = {
        chain: chain.name,
        block: page.block.number,
        addresses: soFar.addresses + page.addresses.length + page.underWay,
        underWay: soFar.underWay + page.underWay,
        discrepancies: [...soFar.discrepancies, ...found],
      }
      if (page.last === null) return soFar
      onProgress(soFar, page.last)
      last = page.last
    }
  } finally {
    await pool.close()
  }
}

/** A reorg, or a node behind, may take the block away: then the page is read anew, at a later one. */
async function judgePage(
  db: Database,
  pool: RpcPool,
  chain: ChainConfig,
  after: Address | null,
): Promise<{ page: LedgerPage; found: Discrepancy[] } | null> {
  for (let attempt = 1; ; attempt++) {
    const page = await db.query('reconciliation.page', (prisma) =>
      readLedgerPage(prisma, chain.chainId, after, ADDRESSES_PER_PAGE),
    )
    if (page === null) return null
    try {
      return { page, found: await findDiscrepancies(pool, chain, page) }
    } catch (error) {
      if (!(error instanceof RetryableRpcError) || attempt === TRIES) throw error
      await sleep(PAUSE_MS)
    }
  }
}
