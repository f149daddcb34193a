import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { startPostgres } from './postgres'

export interface TestDatabase {
  readonly url: string
  drop(): Promise<void>
}

/** Makes an empty database of its own beside the one of `adminUrl`, so that test files do not see each other's rows. */
export async function createTestDatabase(adminUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await execute(adminUrl, `create database ${name}`)
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return { url: url.toString(), drop: () => execute(adminUrl, `drop database if exists ${name} with (force)`) }
}

/** The same, in the Postgres that `npm test` started for all packages, or in one of its own when a test is run alone. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const shared = process.env['TEST_DATABASE_URL']
  if (shared !== undefined) return createTestDatabase(shared)
  const postgres = await startPostgres()
  const { url } = await createTestDatabase(postgres.url)
  return { url, drop: postgres.stop }
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
