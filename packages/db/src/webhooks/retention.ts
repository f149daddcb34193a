import type { Database } from '../database/database'
import { transaction } from '../database/transaction'

/** How long events, their deliveries and attempts are kept. */
export const RETENTION_DAYS = 30
/** Days made ahead: this long may the job be away. */
const DAYS_AHEAD = 7
/** Any number that only this job uses. */
const RETENTION_LOCK = 7_230_187_302
/** Making and dropping a partition locks its parent: rather give up than make every writer queue behind us. */
const LOCK_TIMEOUT_MS = 2_000

/** Makes the coming days' partitions and drops those that are over. False while another process is at it. */
export async function keepDailyPartitions(db: Database): Promise<boolean> {
  return transaction(db, 'retention.partitions', async (tx) => {
    const rows = await tx.$queryRaw<
      { locked: boolean }[]
    >`SELECT pg_try_advisory_xact_lock(${RETENTION_LOCK}) AS locked`
    if (rows[0]?.locked !== true) return false
    await tx.$executeRawUnsafe(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`)
    await tx.$executeRaw`SELECT ensure_daily_partitions((now() AT TIME ZONE 'UTC')::date, ${DAYS_AHEAD})`
    await tx.$executeRaw`SELECT drop_daily_partitions((now() AT TIME ZONE 'UTC')::date - ${RETENTION_DAYS}::int)`
    return true
  })
}
