import { type Address, addressFromBytes, addressToBytes } from '@ctrip/domain/address'
import { hashFromBytes } from '@ctrip/domain/hash'
import type { LedgerEntry } from '@ctrip/domain/reconcile'
import type { Executor } from '../database/database'
import type { Prisma } from '../generated/prisma/client'
import { toAddressOrNull, toAmount } from '../payments/payment-rows'
import type { BlockRef } from './chain-state'

/** What the ledger says of some addresses at the block that has been scanned last. */
export interface LedgerPage {
  readonly block: BlockRef
  /** Those that can be judged now. */
  readonly addresses: readonly Address[]
  /** How many are left out: a transaction of theirs is under way, so that chain and ledger may rightly differ. */
  readonly underWay: number
  readonly entries: readonly LedgerEntry[]
  /** The last address looked at; null once there are no more. */
  readonly last: Address | null
}

/**
 * The next addresses ever issued, in the order of their bytes, with everything recorded of them: one statement, so that
 * transfers, sweeps and cursor are of one moment (indexes deposit_addresses_pkey, transfers_by_payment,
 * sweep_items_by_payment, and the unique key of sweep_transactions). Null where the chain was never scanned.
 */
export async function readLedgerPage(
  executor: Executor,
  chainId: number,
  after: Address | null,
  size: number,
): Promise<LedgerPage | null> {
  const from = after === null ? new Uint8Array(0) : addressToBytes(after)
  const rows = await executor.$queryRaw<PageRow[]>`
    WITH state AS (SELECT cursor_number, cursor_hash FROM chain_state WHERE chain_id = ${chainId}),
    page AS (SELECT address, payment_id FROM deposit_addresses WHERE address > ${from} ORDER BY address LIMIT ${size}),
    items AS (
      SELECT page.address, item.sweep_id, item.active, item.amount_collected + coalesce(item.token_fee, 0) AS taken
      FROM page JOIN sweep_items item ON item.payment_id = page.payment_id AND item.address = page.address
      WHERE item.chain_id = ${chainId}
    ),
    sent AS (
      SELECT items.address, tx.* FROM items JOIN sweep_transactions tx ON tx.sweep_id = items.sweep_id
      UNION
      SELECT page.address, tx.* FROM page JOIN sweep_transactions tx
        ON tx.chain_id = ${chainId} AND tx.sender = page.address
    ),
    -- Besides what is plainly unfinished: what a reorg has put in question, before the sweeper has noticed.
    under_way AS (
      SELECT address FROM items WHERE active
      UNION
      SELECT address FROM sent, state WHERE status IN ('signed', 'broadcast', 'mined') OR block_number > cursor_number
        OR EXISTS (SELECT 1 FROM blocks WHERE blocks.chain_id = ${chainId} AND blocks.number = sent.block_number
          AND canonical AND blocks.hash <> sent.block_hash)
    ),
    movements AS (
      SELECT page.address, moved.asset_contract AS contract, moved.amount AS received, 0 AS collected, 0 AS fees
      FROM page JOIN transfers moved ON moved.payment_id = page.payment_id AND moved.to_address = page.address
      WHERE moved.chain_id = ${chainId} AND moved.status <> 'orphaned'
      UNION ALL
      SELECT items.address, sweeps.asset_contract, 0, coalesce(items.taken, 0), 0
      FROM items JOIN sweeps ON sweeps.id = items.sweep_id
      UNION ALL
      SELECT address, NULL, 0, 0, fee_paid FROM sent WHERE sender = address AND fee_paid IS NOT NULL
    )
    SELECT page.address, state.cursor_number, state.cursor_hash, movements.contract,
      EXISTS (SELECT 1 FROM under_way WHERE under_way.address = page.address) AS under_way,
      coalesce(sum(movements.received), 0) AS received, coalesce(sum(movements.collected), 0) AS collected,
      coalesce(sum(movements.fees), 0) AS fees
    FROM state LEFT JOIN page ON true LEFT JOIN movements ON movements.address = page.address
    GROUP BY 1, 2, 3, 4 ORDER BY 1`
  return toPage(rows, size)
}

/** How many addresses were ever issued: for telling progress. */
export async function countAddresses(executor: Executor): Promise<number> {
  return executor.deposit_addresses.count()
}

interface PageRow {
  /** Null in the only row of a page without addresses. */
  address: Uint8Array | null
  cursor_number: bigint
  cursor_hash: Uint8Array
  contract: Uint8Array | null
  under_way: boolean
  received: Prisma.Decimal
  collected: Prisma.Decimal
  fees: Prisma.Decimal
}

function toPage(rows: readonly PageRow[], size: number): LedgerPage | null {
  const first = rows[0]
  if (first === undefined) return null
  const all = new Set<Address>()
  const addresses = new Set<Address>()
  const entries: LedgerEntry[] = []
  for (const row of rows) {
    if (row.address === null) continue
    const address = addressFromBytes(row.address)
    all.add(address)
    if (row.under_way) continue
    addresses.add(address)
    entries.push({
      address,
      contract: toAddressOrNull(row.contract),
      received: toAmount(row.received),
      collected: toAmount(row.collected),
      fees: toAmount(row.fees),
    })
  }
  return {
    block: { number: Number(first.cursor_number), hash: hashFromBytes(first.cursor_hash) },
    addresses: [...addresses],
    underWay: all.size - addresses.size,
    entries,
    last: all.size < size ? null : ([...all].at(-1) ?? null),
  }
}
