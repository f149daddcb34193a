import { setTimeout as sleep } from 'node:timers/promises'
import { StartupError } from '@ctrip/service/startup-error'
import type { Logger } from '@ctrip/telemetry/logger'
import { newestMigration } from '../schema/migrate'
import { type Database, type DatabaseOptions, openDatabase } from './database'
import { isSlowToConnect } from './errors'

export interface ServiceDatabaseOptions extends Omit<DatabaseOptions, 'applicationName' | 'onSlow'> {
  readonly service: string
  readonly log: Logger
}

/** A Postgres that starts up, or has no connection to give, is waited for this long at start. */
const SLOW_START_MS = 60_000
const RETRY_MS = 1_000

/**
 * Opens the database for a service that is starting. Waits a minute for a Postgres that is slow. Throws StartupError when
 * Postgres cannot be reached or refuses us: at start that is a mistake to mend, later it is an outage to wait out.
 */
export async function openServiceDatabase({ service, log, ...options }: ServiceDatabaseOptions): Promise<Database> {
  const onSlow = (operation: string, durationMs: number): void =>
    log.warn({ operation, duration_ms: Math.round(durationMs) }, 'db.slow_query')
  const db = openDatabase({ ...options, applicationName: service, onSlow })
  try {
    await firstPing(db, log)
    return db
  } catch (cause) {
    await db.close()
    throw new StartupError([problemOf(cause)], { cause })
  }
}

async function firstPing(db: Database, log: Logger): Promise<void> {
  const giveUpAt = performance.now() + SLOW_START_MS
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.ping()
    } catch (err) {
      if (!isSlowToConnect(err) || performance.now() > giveUpAt) throw err
      if (attempt === 1) log.warn({ err, wait_ms: SLOW_START_MS }, 'db.slow_to_connect')
      await sleep(RETRY_MS)
    }
  }
}

function problemOf(error: unknown): string {
  if (isSlowToConnect(error))
    return `DATABASE_URL: Postgres gave no connection for ${SLOW_START_MS / 1000} s; check its load and max_connections`
  return 'DATABASE_URL: Postgres cannot be reached or refuses the login; check host, port, database, user and password'
}

/** Ready when Postgres answers and has the schema that this code was written for: while the migration job runs, it has not. */
export async function checkDatabase(db: Database): Promise<void> {
  const wanted = newestMigration()
  const rows = await db.query(
    'schema.check',
    (prisma) => prisma.$queryRaw<{ ready: boolean }[]>`
      SELECT coalesce((SELECT bool_or(finished_at IS NOT NULL) FROM _prisma_migrations WHERE migration_name = ${wanted}), false) AS ready`,
  )
  if (rows[0]?.ready !== true)
    throw new Error(`migration ${wanted} has not been applied; run the migrations (ctrip migrate)`)
}
