import { StartupError } from '@ctrip/service/startup-error'
import type { Logger } from '@ctrip/telemetry/logger'
import { newestMigration } from '../schema/migrate'
import { type Database, type DatabaseOptions, openDatabase } from './database'

export interface ServiceDatabaseOptions extends Omit<DatabaseOptions, 'applicationName' | 'onSlow'> {
  readonly service: string
  readonly log: Logger
}

/**
 * Opens the database for a service that is starting. Throws StartupError when Postgres cannot be reached or refuses us: at
 * start that is a mistake to mend, later it is an outage to wait out.
 */
export async function openServiceDatabase({ service, log, ...options }: ServiceDatabaseOptions): Promise<Database> {
  const onSlow = (operation: string, durationMs: number): void =>
    log.warn({ operation, duration_ms: Math.round(durationMs) }, 'db.slow_query')
  const db = openDatabase({ ...options, applicationName: service, onSlow })
  try {
    await db.ping()
    return db
  } catch (cause) {
    await db.close()
    throw new StartupError(
      ['DATABASE_URL: Postgres cannot be reached or refuses the login; check host, port, database, user and password'],
      { cause },
    )
  }
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
