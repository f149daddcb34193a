import type { Database } from '../database/database'

/** What a person must look at before the sweeper can go on. */
export interface SweepAlarms {
  /** It stopped signing by itself: a nonce was used, and not by us. */
  readonly halted: boolean
  /** Addresses with money to which our mnemonic does not lead. */
  readonly underivable: number
}

/** The alarms of a chain (primary keys of sweep_pauses and collection_waits). */
export async function sweepAlarms(db: Database, chainId: number): Promise<SweepAlarms> {
  const rows = await db.query(
    'sweeps.alarms',
    (prisma) => prisma.$queryRaw<{ halted: boolean; underivable: bigint }[]>`
      SELECT EXISTS (SELECT 1 FROM sweep_pauses WHERE chain_id = ${chainId} AND actor = 'sweeper') AS halted,
        (SELECT count(DISTINCT address) FROM collection_waits
          WHERE chain_id = ${chainId} AND reason = 'address_mismatch') AS underivable`,
  )
  const [row] = rows
  return { halted: row?.halted ?? false, underivable: Number(row?.underivable ?? 0) }
}
