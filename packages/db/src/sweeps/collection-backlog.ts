import type { Database } from '../database/database'

export interface CollectionBacklog {
  readonly assetSymbol: string
  /** Addresses worth a sweep: those found to hold less than `min_sweep` are not waiting for us. */
  readonly addresses: number
  /** All confirmed money that no sweep has taken, in units of the asset: near enough to be drawn. */
  readonly value: number
}

/**
 * Confirmed money that is still at deposit addresses, by asset (index transfers_to_collect). What is not worth it is left
 * out by NOT IN, which Postgres hashes, instead of looking up each address.
 */
export async function collectionBacklog(db: Database, chainId: number): Promise<CollectionBacklog[]> {
  const rows = await db.query(
    'collection.backlog',
    (prisma) => prisma.$queryRaw<{ asset_symbol: string; addresses: bigint; value: number }[]>`
      SELECT asset_symbol,
        count(DISTINCT to_address) FILTER (WHERE (to_address, asset_symbol) NOT IN (SELECT address, asset_symbol
          FROM collection_waits WHERE chain_id = ${chainId} AND reason = 'below_min_sweep')) AS addresses,
        (sum(amount) / power(10::numeric, max(asset_decimals)))::float8 AS value
      FROM transfers
      WHERE chain_id = ${chainId} AND collected_by IS NULL AND kind <> 'funding' AND status IN ('confirmed', 'final')
      GROUP BY 1`,
  )
  return rows.map(({ asset_symbol, addresses, value }) => ({
    assetSymbol: asset_symbol,
    addresses: Number(addresses),
    value,
  }))
}
