import type { Database } from '../database/database'

export interface CollectionBacklog {
  readonly assetSymbol: string
  /** Addresses worth a sweep: those found to hold less than `min_sweep` are not waiting for us. */
  readonly addresses: number
  /** All confirmed money that no sweep has taken, in units of the asset: near enough to be drawn. */
  readonly value: number
}

/** Confirmed money that is still at deposit addresses, by asset (index transfers_to_collect). */
export async function collectionBacklog(db: Database, chainId: number): Promise<CollectionBacklog[]> {
  const rows = await db.query(
    'collection.backlog',
    (prisma) => prisma.$queryRaw<{ asset_symbol: string; addresses: bigint; value: number }[]>`
      SELECT transfers.asset_symbol,
        count(DISTINCT to_address) FILTER (WHERE waits.reason IS DISTINCT FROM 'below_min_sweep') AS addresses,
        (sum(transfers.amount) / power(10::numeric, max(asset_decimals)))::float8 AS value
      FROM transfers
      LEFT JOIN collection_waits waits ON waits.chain_id = transfers.chain_id AND waits.address = to_address
        AND waits.asset_symbol = transfers.asset_symbol
      WHERE transfers.chain_id = ${chainId} AND collected_by IS NULL AND kind <> 'funding'
        AND status IN ('confirmed', 'final')
      GROUP BY 1`,
  )
  return rows.map(({ asset_symbol, addresses, value }) => ({
    assetSymbol: asset_symbol,
    addresses: Number(addresses),
    value,
  }))
}
