import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { openTestDatabase } from '@ctrip/local-stack/test-database'
import { Client } from 'pg'
import { migrate } from '../src/schema/migrate'

// While a release is rolled out, its replicas and those of the release before work on the newest schema, side by side.
const MIGRATIONS = path.join(__dirname, '..', 'prisma', 'migrations')
const versions = readdirSync(MIGRATIONS)
  .filter((name) => /^\d{4}_/.test(name))
  .sort()

interface Column {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  readonly filled: boolean
}

let newest: Database
beforeAll(async () => {
  newest = await openDatabase()
  await migrate(newest.url)
})
afterAll(() => newest.close())

describe.each(versions.slice(0, -1))('code written for %s, on the newest schema', (version) => {
  let old: Database
  beforeAll(async () => {
    old = await openDatabase()
    for (const name of versions.slice(0, versions.indexOf(version) + 1)) {
      await old.client.query(readFileSync(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8'))
    }
  })
  afterAll(() => old.close())

  it('finds every column that it reads, of the type that it knows', async () => {
    const now = new Map((await columns(newest.client)).map((column) => [column.name, column]))
    const before = await columns(old.client)
    expect(before.map(({ name }) => [name, now.get(name)?.type])).toEqual(before.map(({ name, type }) => [name, type]))
  })

  it('may leave out what it does not know, and leave empty what it could', async () => {
    const before = new Map((await columns(old.client)).map((column) => [column.name, column]))
    const stricter = (await columns(newest.client)).filter(
      ({ name, nullable, filled }) => !nullable && !filled && before.get(name)?.nullable !== false,
    )
    const known = new Set([...before.keys()].map(tableOf))
    expect(stricter.filter(({ name }) => known.has(tableOf(name)))).toEqual([])
  })

  it('finds every function and sequence that it calls', async () => {
    expect(await callables(newest.client)).toEqual(expect.arrayContaining(await callables(old.client)))
  })
})

it('lets the code of the first schema ask, hand out and complete requests of operators', async () => {
  const { client } = newest
  await client.query("INSERT INTO operator_requests (kind, chain_id) VALUES ('deploy', 7), ('sweep', 7)")
  await client.query(`INSERT INTO operator_requests (kind, chain_id, terms) VALUES ('rescue', 7, '{}')`)
  const { rows } = await client.query<{ id: string }>(
    "SELECT id, requested_at FROM operator_requests WHERE chain_id = 7 AND kind = 'sweep' AND completed_at IS NULL",
  )
  expect(rows).toHaveLength(1)
  await client.query('UPDATE operator_requests SET completed_at = clock_timestamp() WHERE id = $1', [rows[0]?.id])
})

interface Database {
  readonly url: string
  readonly client: Client
  close(): Promise<void>
}

async function openDatabase(): Promise<Database> {
  const { url, drop } = await openTestDatabase()
  const client = new Client({ connectionString: url })
  await client.connect()
  return { url, client, close: () => client.end().then(drop) }
}

async function columns(client: Client): Promise<Column[]> {
  const { rows } = await client.query<Column>(`
    SELECT table_name || '.' || column_name AS name, coalesce(domain_name, udt_name) AS type, is_nullable = 'YES' AS nullable,
      column_default IS NOT NULL OR is_identity = 'YES' AS filled
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name !~ '_\\d{8}$' AND table_name <> '_prisma_migrations' ORDER BY 1`)
  return rows
}

async function callables(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace ORDER BY 1`)
  return rows.map(({ name }) => name)
}

function tableOf(column: string): string {
  return column.slice(0, column.indexOf('.'))
}
