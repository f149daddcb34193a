import type { Prisma } from '../generated/prisma/client'

/** The key of a database's bare transactions: only code that imports this file can start one. */
export const TRANSACTION = Symbol('transaction')

export interface Transactional {
  [TRANSACTION]<T>(operation: string, work: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T>
}

/**
 * Runs `work` in one READ COMMITTED transaction and measures it under `operation`. A deadlock or serialization failure runs
 * it again, so `work` must have no effects outside the transaction. Throws DatabaseUnavailableError while Postgres is away.
 * Scanner and sweeper must not import this: they commit under a lease (leases/fenced-commit.ts).
 */
export function transaction<T>(
  db: Transactional,
  operation: string,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  return db[TRANSACTION](operation, work)
}
