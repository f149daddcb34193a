import { setTimeout as delay } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { type Prisma, PrismaClient } from '../generated/prisma/client'
import { DatabaseUnavailableError, isUnavailable, wasRolledBack } from './errors'
import { queryDuration, retries, slowQueries } from './metrics'
import { measurePool } from './pool'

/** Runs statements: the database itself, or one transaction of it. */
export type Executor = Prisma.TransactionClient

export interface Database {
  /** For single statements; several that belong together go through `transaction`. */
  readonly prisma: PrismaClient
  /**
   * Runs `work` in one READ COMMITTED transaction and measures it under `operation`. A deadlock or serialization failure runs
   * it again, so `work` must have no effects outside the transaction. Throws DatabaseUnavailableError while Postgres is away.
   */
  transaction<T>(operation: string, work: (tx: Executor) => Promise<T>): Promise<T>
  /** Measures a single statement under `operation`; throws DatabaseUnavailableError while Postgres is away. */
  query<T>(operation: string, work: (prisma: Executor) => Promise<T>): Promise<T>
  /** Resolves when Postgres answers. */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly url: string
  readonly applicationName: string
  readonly poolSize: number
  /** Named operations slower than this are counted, and told to `onSlow` (never with values). */
  readonly slowQueryMs: number
  readonly onSlow?: (operation: string, durationMs: number) => void
}

const ACQUIRE_TIMEOUT_MS = 5_000
const TRANSACTION_TIMEOUT_MS = 15_000
/** Less than a lease: a process that is stopped or cut off in mid-transaction has let go of its locks when another takes over. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 2_000
const STATEMENT_TIMEOUT_MS = 30_000
/** Where the network swallows packets, Postgres' own time limit never arrives. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000
const ATTEMPTS_MAX = 4

export function openDatabase(options: DatabaseOptions): Database {
  const pool = measurePool(
    new Pool({
      connectionString: options.url,
      application_name: options.applicationName,
      max: options.poolSize,
      connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      keepAlive: true,
    }),
  )
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })

  async function measured<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    try {
      return await work()
    } catch (error) {
      if (!isUnavailable(error)) throw error
      throw new DatabaseUnavailableError(`${operation}: Postgres cannot be reached`, { cause: error })
    } finally {
      const durationMs = performance.now() - startedAt
      queryDuration.observe({ operation }, durationMs / 1000)
      if (durationMs > options.slowQueryMs) {
        slowQueries.inc({ operation })
        options.onSlow?.(operation, durationMs)
      }
    }
  }

  async function transaction<T>(operation: string, work: (tx: Executor) => Promise<T>): Promise<T> {
    retries.inc({ operation }, 0) // there from the start, so that the first increase is seen
    for (let attempt = 1; ; attempt++) {
      try {
        // Awaited here: Prisma's promises are lazy, and would run outside the caller's span.
        return await measured(operation, async () =>
          prisma.$transaction(work, { maxWait: ACQUIRE_TIMEOUT_MS, timeout: TRANSACTION_TIMEOUT_MS }),
        )
      } catch (error) {
        if (attempt === ATTEMPTS_MAX || !wasRolledBack(error)) throw error
        retries.inc({ operation })
        await delay(5 * 2 ** attempt * (0.5 + Math.random()))
      }
    }
  }

  return {
    prisma,
    transaction,
    query: (operation, work) => measured(operation, async () => work(prisma)),
    ping: () => measured('ping', async () => void (await pool.query('SELECT 1'))),
    async close() {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}
