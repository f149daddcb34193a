import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Client } from 'pg'

/** Any number that only our migrations use. */
const MIGRATION_LOCK = 7_230_187_301
const MIGRATIONS = path.join(__dirname, '..', '..', 'prisma', 'migrations')
const PARTITION_DAYS_AHEAD = 7

/**
 * Applies prisma/migrations in order, each in its own transaction, under an advisory lock, so that concurrent runs are safe.
 * Keeps Prisma's own table, so `prisma migrate status` agrees. No engine is downloaded, which is what hangs closed clusters.
 * Returns the names applied now; throws if a migration applied before has been altered since.
 */
export async function migrate(databaseUrl: string): Promise<{ applied: string[] }> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'ctrip-migrate' })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    await client.query(PRISMA_TABLE)
    const applied = await applyPending(client)
    await client.query('SELECT ensure_daily_partitions(current_date, $1)', [PARTITION_DAYS_AHEAD])
    return { applied }
  } finally {
    await client.end()
  }
}

/** The newest migration that this code needs: readiness waits until the database has it. */
export function newestMigration(): string {
  const newest = readMigrations().at(-1)
  if (newest === undefined) throw new Error(`no migration in ${MIGRATIONS}`)
  return newest.name
}

async function applyPending(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  )
  const done = new Map(rows.map((row) => [row.migration_name, row.checksum]))
  const applied: string[] = []
  for (const migration of readMigrations()) {
    const checksum = done.get(migration.name)
    if (checksum !== undefined && checksum !== migration.checksum)
      throw new Error(`migration ${migration.name} was altered after it had been applied`)
    if (checksum !== undefined) continue
    await apply(client, migration)
    applied.push(migration.name)
  }
  return applied
}

async function apply(client: Client, migration: Migration): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(migration.sql)
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES (gen_random_uuid()::text, $1, $2, now(), clock_timestamp(), 1)`,
      [migration.checksum, migration.name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw new Error(`migration ${migration.name} failed`, { cause: error })
  }
}

interface Migration {
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

function readMigrations(): Migration[] {
  return readdirSync(MIGRATIONS)
    .filter((name) => existsSync(path.join(MIGRATIONS, name, 'migration.sql')))
    .sort()
    .map((name) => {
      const sql = readFileSync(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}

/** As the Prisma CLI makes it. */
const PRISMA_TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY,
    checksum varchar(64) NOT NULL,
    finished_at timestamptz,
    migration_name varchar(255) NOT NULL,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`
