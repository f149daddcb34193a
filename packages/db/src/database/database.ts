import { setTimeout as delay } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { type Prisma, PrismaClient } from '../generated/prisma/client'
import { DatabaseUnavailableError, isUnavailable, wasRolledBack } from './errors'
import { queryDuration, retries, slowQueries } from './metrics'
import { measurePool } from './pool'
import { statementNames } from './statement-names'
import { TRANSACTION, type Transactional } from './transaction'

/** Runs statements: the database itself, or one transaction of it. */
export type Executor = Prisma.TransactionClient

export interface Database extends Transactional {
  /** For single statements; several that belong together go through `transaction` or, under a lease, `commit`. */
  readonly prisma: Executor
  /** Measures a single statement under `operation`; throws DatabaseUnavailableError while Postgres is away. */
  query<T>(operation: string, work: (prisma: Executor) => Promise<T>): Promise<T>
  /**
   * Runs one statement on a connection beside the pool, so that it never waits for a connection that work holds: for leases. Throws
   * DatabaseUnavailableError while Postgres is away.
   */
  urgent<Row extends object>(operation: string, sql: string, values: readonly unknown[]): Promise<Row[]>
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
  /** Longer than this no statement waits for a lock; unless given, as long as it may run. */
  readonly lockTimeoutMs?: number
  /** Longer than this no statement runs. */
  readonly statementTimeoutMs?: number
  /**
   * Plans each statement once a connection, for whatever values: for who repeats a few statements, all of them good with one
   * plan (no value decides whether an index can be used). Default: Postgres plans each time where it finds that cheaper.
   */
  readonly planOnce?: boolean
  readonly onSlow?: (operation: string, durationMs: number) => void
}

const ACQUIRE_TIMEOUT_MS = 5_000
const TRANSACTION_TIMEOUT_MS = 15_000
/** Less than a lease: a process that is stopped or cut off in mid-transaction has let go of its locks when another takes over. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 2_000
const STATEMENT_TIMEOUT_MS = 30_000
/** Of urgent statements: they wait for no lock for long, and one that hangs must not hold up the next. */
const URGENT_TIMEOUT_MS = 5_000
/** Where the network swallows packets, Postgres' own time limit never arrives: then ours ends the wait, so much later. */
const ANSWER_GRACE_MS = 5_000
const ATTEMPTS_MAX = 4
/**
 * Plans are kept (statement-names.ts), so they must suit a table that was empty when they were made and grows by thousands a
 * minute: by an index, never all of it. Nor by a bitmap, which reads all that matches before the first row, where a queue
 * wants the first few, and never marks entries as dead: measured with 140,000 dead entries, 320 ms where the index took 0.6.
 * Without `jit=off` the price of what has no index would have it compiled.
 */
const PLANNING = '-c enable_seqscan=off -c enable_bitmapscan=off -c jit=off'
const PLANNING_ONCE = `${PLANNING} -c plan_cache_mode=force_generic_plan`

export function openDatabase(options: DatabaseOptions): Database {
  const pool = measurePool(openPool(options))
  const beside = openPoolBeside(options)
  const names = statementNames()
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { statementNameGenerator: names.nameOf }) })

  async function measured<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    try {
      return await names.withoutOutdatedPlans(work)
    } catch (error) {
      if (!isUnavailable(error)) throw error
      throw new DatabaseUnavailableError(`${operation}: Postgres cannot answer`, { cause: error })
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
    [TRANSACTION]: transaction,
    query: (operation, work) => measured(operation, async () => work(prisma)),
    urgent: <Row extends object>(operation: string, sql: string, values: readonly unknown[]) =>
      measured(operation, async () => {
        const { rows } = await beside.query<Row>(sql, [...values])
        return rows
      }),
    ping: () => measured('ping', async () => void (await pool.query('SELECT 1'))),
    async close() {
      await prisma.$disconnect()
      await Promise.all([pool.end(), beside.end()])
    },
  }
}

/** Says something to Postgres in a transaction whose work lasts: one that is idle for too long is ended. */
export async function keepAlive(tx: Executor): Promise<void> {
  await tx.$executeRaw`SELECT 1`
}

function openPool(options: DatabaseOptions): Pool {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS, lockTimeoutMs = statementTimeoutMs } = options
  return new Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolSize,
    connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
    keepAlive: true,
    options: options.planOnce === true ? PLANNING_ONCE : PLANNING,
  })
}

/** One connection, opened by the first urgent statement. */
function openPoolBeside({ url, applicationName }: DatabaseOptions): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    max: 1,
    connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
    statement_timeout: URGENT_TIMEOUT_MS,
    query_timeout: URGENT_TIMEOUT_MS,
    keepAlive: true,
  })
  pool.on('error', () => undefined) // an idle connection that broke: the next statement opens another
  return pool
}
