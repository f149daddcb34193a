import { readdirSync, readFileSync } from 'node:fs'
import { migrate } from '@ctrip/db/schema/migrate'
import { applyRoles, SERVICE_ROLES } from '@ctrip/db/schema/service-roles'
import { REPLICATED_SERVICES } from '@ctrip/local-stack/ports'
import { openTestDatabase, type TestDatabase } from '@ctrip/local-stack/test-database'
import { Client } from 'pg'
import { inRepository } from './support/repository'

// The role of a service must be allowed to run every statement that the service imports from packages/db. Without this test a
// missing grant would show only when the statement first runs.

const STATEMENTS: readonly (readonly [privilege: string, pattern: RegExp])[] = [
  ['SELECT', /\b(?:FROM|JOIN)\s+([a-z_]+)/g],
  ['INSERT', /\bINSERT INTO ([a-z_]+)/g],
  ['DELETE', /\bDELETE FROM ([a-z_]+)/g],
  ['UPDATE', /\bUPDATE ([a-z_]+)/g],
]

let database: TestDatabase
let client: Client
let tables: Set<string>

beforeAll(async () => {
  database = await openTestDatabase()
  await migrate(database.url)
  await applyRoles(database.url, {})
  client = new Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
  )
  tables = new Set(rows.map(({ name }) => name))
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

it.each(REPLICATED_SERVICES)(
  'the role of %s may run the statements of the functions that it imports',
  async (service) => {
    const wanted = importedFunctions(service).flatMap(({ file, name }) =>
      needsOf(bodyOf(file, name)).map(({ privilege, table }) => ({ privilege, table, by: `${file} ${name}` })),
    )
    expect(wanted.length).toBeGreaterThan(5)
    const refused: string[] = []
    for (const { privilege, table, by } of wanted)
      if (!(await mayUse(SERVICE_ROLES[service], privilege, table))) refused.push(`${privilege} ${table} for ${by}`)
    expect(refused).toEqual([])
  },
)

async function mayUse(role: string, privilege: string, table: string): Promise<boolean> {
  const ofColumns = privilege === 'DELETE' ? 'false' : 'has_any_column_privilege($1, $2, $3)'
  const sql = `SELECT has_table_privilege($1, $2, $3) OR ${ofColumns} AS allowed`
  const { rows } = await client.query<{ allowed: boolean }>(sql, [role, table, privilege])
  return rows[0]?.allowed ?? false
}

function importedFunctions(service: string): { file: string; name: string }[] {
  const folder = inRepository('apps', service, 'src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  return files.flatMap((path) => {
    const imports = readFileSync(`${folder}/${path}`, 'utf8').matchAll(
      /import \{([^}]*)\} from '@ctrip\/db\/([\w/-]+)'/g,
    )
    return [...imports].flatMap(([, names = '', file = '']) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => /^[a-z]/.test(name) && !name.startsWith('type '))
        .map((name) => ({ file, name })),
    )
  })
}

/** The text of a function, up to the brace that ends it at the start of a line. */
function bodyOf(file: string, name: string): string {
  const text = readFileSync(inRepository('packages', 'db', 'src', `${file}.ts`), 'utf8')
  const start = text.search(new RegExp(`function ${name}\\b`))
  return start === -1 ? '' : text.slice(start, text.indexOf('\n}\n', start))
}

function needsOf(body: string): { privilege: string; table: string }[] {
  return STATEMENTS.flatMap(([privilege, pattern]) =>
    [...body.matchAll(pattern)]
      .map(([, table = '']) => ({ privilege, table }))
      .filter(({ table }) => tables.has(table)),
  )
}
