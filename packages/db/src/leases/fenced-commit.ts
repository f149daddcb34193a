import type { Database, Executor } from '../database/database'
import { transaction } from '../database/transaction'
import { assertLease, type Lease } from './leases'

/** A writer under one epoch of a lease. */
export interface FencedWriter {
  readonly db: Database
  readonly lease: Lease
}

/**
 * Runs `work` in one transaction that commits only while the lease is held: a writer that has lost it commits nothing, so no two
 * processes write one chain, publish one outbox or assign nonces of one gas wallet. The fence is the last statement, so a takeover
 * waits no longer than the commit. Throws LeaseLostError if another writer took over. `work` may run twice (database/transaction.ts).
 */
export async function commit<T>(
  { db, lease }: FencedWriter,
  operation: string,
  work: (tx: Executor) => Promise<T>,
): Promise<T> {
  return transaction(db, operation, async (tx) => {
    const result = await work(tx)
    await assertLease(tx, lease)
    return result
  })
}
