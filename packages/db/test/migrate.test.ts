import { openTestDatabase, type TestDatabase } from '@ctrip/local-stack/test-database'
import { Client } from 'pg'
import { migrate, newestMigration } from '../src/schema/migrate'

let database: TestDatabase
beforeEach(async () => {
  database = await openTestDatabase()
})
afterEach(() => database.drop())

async function execute<Row extends object>(sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

it('applies every migration to an empty database', async () => {
  const { applied } = await migrate(database.url)
  expect(applied.at(-1)).toBe(newestMigration())
})

it('applies nothing the second time', async () => {
  await migrate(database.url)
  expect(await migrate(database.url)).toEqual({ applied: [] })
})

it('applies each migration once when several run at the same time', async () => {
  const results = await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)])
  const applied = results.flatMap((result) => result.applied)
  expect(applied.length).toBe(new Set(applied).size)
  const rows = await execute<{ migration_name: string }>('SELECT migration_name FROM _prisma_migrations')
  expect(rows.map((row) => row.migration_name).sort()).toEqual([...applied].sort())
})

it('refuses a migration that was altered after it had been applied', async () => {
  await migrate(database.url)
  await execute(`UPDATE _prisma_migrations SET checksum = 'another'`)
  await expect(migrate(database.url)).rejects.toThrow(/0001_init was altered/)
})

it('leaves nothing behind when a migration fails', async () => {
  await execute('CREATE TABLE wallets (in_the_way int)')
  await expect(migrate(database.url)).rejects.toThrow('migration 0001_init failed')
  const tables = await execute<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
  )
  expect(tables.map(({ name }) => name)).toEqual(['_prisma_migrations', 'wallets'])
})

it('makes the partitions of the days to come', async () => {
  await migrate(database.url)
  const days = await execute<{ name: string }>(`
    SELECT relname AS name FROM pg_inherits JOIN pg_class ON oid = inhrelid
    WHERE inhparent = 'events'::regclass AND relname <> 'events_default'`)
  expect(days.length).toBe(7)
})
