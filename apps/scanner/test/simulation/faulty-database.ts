import type { Database, Executor } from '@ctrip/db/database/database'
import { TRANSACTION, transaction } from '@ctrip/db/database/transaction'
import type { Faults } from './faults'
import type { Rival } from './rival'

export interface TransactionWatch {
  /** In the transaction, before the work; what it returns is called in the transaction after it, and that after the commit. */
  begin(operation: string, tx: Executor): Promise<() => Promise<(wrote: boolean) => void>>
}

/** The real database, with an end of the process possible before, after and in the middle of each statement and COMMIT. */
export function faultyDatabase(db: Database, faults: Faults, rival: Rival, watch: TransactionWatch): Database {
  return {
    ...db,
    async query(operation, work) {
      await faults.at(operation)
      return db.query(operation, work)
    },
    async [TRANSACTION](operation, work) {
      await faults.at(`${operation}: before BEGIN`)
      let wrote = false
      const host = {}
      const committing = transaction(db, operation, async (tx) => {
        const done = await watch.begin(operation, tx)
        const result = await work(
          interrupted(
            tx,
            (point) => faults.inTransaction(`${operation}: ${point}`, host),
            () => (wrote = true),
          ),
        )
        await faults.inTransaction(`${operation}: before COMMIT`, host)
        return { result, committed: await done() }
      })
      const { result, committed } = await committing.finally(() => rival.leave(host))
      committed(wrote)
      // Applied, but the answer was lost.
      await faults.at(`${operation}: after COMMIT`)
      return result
    },
  }
}

function interrupted(tx: Executor, at: (point: string) => Promise<void>, onWrite: () => void): Executor {
  let statements = 0
  return new Proxy(tx, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if ((key !== '$executeRaw' && key !== '$queryRaw') || typeof value !== 'function') return value
      return async (...args: unknown[]): Promise<unknown> => {
        await at(`statement ${++statements}`)
        if (key === '$executeRaw') onWrite()
        return Reflect.apply(value, target, args)
      }
    },
  })
}
