import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ENDPOINT_TEST, EVENT_TYPES } from '@ctrip/domain/events'
import { Client } from 'pg'
import { applyRoles, SERVICE_ROLES } from '../src/schema/service-roles'
import { type Ledger, openLedger } from './ledger'
import { ROW_RULES } from './row-rules'

/** `UPDATE_DOCS=1 jest test/rights.test.ts` writes the tables of this page again. */
const FILE = path.join(__dirname, '..', '..', '..', 'docs', 'rights.md')
const BEGIN = '<!-- generated: UPDATE_DOCS=1 npx jest test/rights.test.ts in packages/db -->'
const END = '<!-- end of the generated part -->'

const ROLES = Object.entries(SERVICE_ROLES)
const VERBS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const
type Verb = (typeof VERBS)[number]
const LEASES = [
  'outbox-relay',
  'chain-writer:1',
  'payment-gauges',
  'checkout-sessions',
  'reconciliation',
  'gas-wallet:1',
  'webhook-gauges',
]
const NO_RIGHT = '42501'

let ledger: Ledger
let client: Client
let columns: ReadonlyMap<string, readonly string[]>

beforeAll(async () => {
  ledger = await openLedger()
  await applyRoles(ledger.url, {})
  client = new Client({ connectionString: ledger.url })
  await client.connect()
  const { rows } = await client.query<{ table: string; column: string }>(`
    SELECT relname AS table, attname AS column FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition AND attnum > 0
      AND NOT attisdropped ORDER BY relname, attnum`)
  columns = new Map(
    [...Map.groupBy(rows, ({ table }) => table)].map(([table, of]) => [table, of.map(({ column }) => column)]),
  )
})
afterAll(async () => {
  await client.end()
  await ledger.close()
})

it('has a decision about the rows of every table, and about no other', () => {
  expect(Object.keys(ROW_RULES).sort()).toEqual([...columns.keys()].sort())
})

it('gives each role the rights that docs/rights.md shows: each role, table, column and verb is tried', async () => {
  const page = readFileSync(FILE, 'utf8')
  const generated = [...(await lists()), ...(await tables()), ...(await functions())].join('\n')
  const made = page.replace(new RegExp(`${BEGIN}[\\s\\S]*${END}`), () => `${BEGIN}\n\n${generated}\n${END}`)
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, made)
  expect(readFileSync(FILE, 'utf8')).toBe(made)
})

it('lets no role write into a partition past the policies of its table', async () => {
  const { rows } = await client.query<{ name: string }>(
    `
    SELECT role || ' ' || relname AS name FROM pg_class, unnest($1::text[]) role
    WHERE relispartition AND has_table_privilege(role, pg_class.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')`,
    [Object.values(SERVICE_ROLES)],
  )
  expect(rows).toEqual([])
})

/** The events and leases that each role may write, as the database answers under each role. */
async function lists(): Promise<string[]> {
  const lines = [
    '## Types of events',
    '',
    `| type | ${ROLES.map(([owner]) => owner).join(' | ')} |`,
    `|---|${'---|'.repeat(ROLES.length)}`,
  ]
  for (const type of [...EVENT_TYPES, ENDPOINT_TEST])
    lines.push(`| \`${type}\` | ${(await marks('may_emit', type)).join(' | ')} |`)
  lines.push(
    '',
    '## Leases',
    '',
    `| lease | ${ROLES.map(([owner]) => owner).join(' | ')} |`,
    `|---|${'---|'.repeat(ROLES.length)}`,
  )
  for (const lease of LEASES)
    lines.push(`| \`${lease.replace(':1', ':CHAIN')}\` | ${(await marks('may_hold_lease', lease)).join(' | ')} |`)
  return [...lines, '']
}

async function marks(rule: 'may_emit' | 'may_hold_lease', name: string): Promise<string[]> {
  const found: string[] = []
  for (const [, role] of ROLES) {
    await client.query('BEGIN')
    await client.query(`SET LOCAL ROLE ${role}`)
    const { rows } = await client.query<{ allowed: boolean }>(`SELECT ${rule}($1) AS allowed`, [name])
    await client.query('ROLLBACK')
    found.push(rows[0]?.allowed === true ? 'yes' : '')
  }
  return found
}

async function tables(): Promise<string[]> {
  const lines = ['## Tables', '']
  for (const [table, names] of columns) {
    lines.push(`### ${table}`, '', ROW_RULES[table] ?? '', '')
    const rows: string[] = []
    for (const [owner, role] of ROLES) {
      const rights = await rightsOn(role, table, names)
      if (rights.some((right) => right !== '')) rows.push(`| ${owner} | ${rights.join(' | ')} |`)
    }
    if (rows.length === 0) lines.push('No service has a right on it.', '')
    else lines.push(`| | ${VERBS.join(' | ')} |`, '|---|---|---|---|---|', ...rows, '')
  }
  return lines
}

/** A cell per verb: `all`, the columns that it is allowed on, or nothing. */
async function rightsOn(role: string, table: string, names: readonly string[]): Promise<string[]> {
  const cells: string[] = []
  for (const verb of VERBS) {
    if (verb === 'DELETE') {
      cells.push((await isAllowed(role, attempt(verb, table, ''))) ? 'all' : '')
      continue
    }
    const allowed: string[] = []
    for (const name of names) if (await isAllowed(role, attempt(verb, table, name))) allowed.push(name)
    cells.push(allowed.length === names.length ? 'all' : allowed.map((name) => `\`${name}\``).join(', '))
  }
  return cells
}

function attempt(verb: Verb, table: string, column: string): string {
  switch (verb) {
    case 'SELECT':
      return `SELECT ${column} FROM ${table}`
    case 'INSERT':
      return `INSERT INTO ${table} (${column}) VALUES (DEFAULT)`
    case 'UPDATE':
      return `UPDATE ${table} SET ${column} = DEFAULT`
    case 'DELETE':
      return `DELETE FROM ${table}`
  }
}

/** Postgres checks rights when it begins a statement, also of one that it only explains. */
async function isAllowed(role: string, statement: string): Promise<boolean> {
  await client.query(`SET ROLE ${role}`)
  try {
    await client.query(`EXPLAIN ${statement}`)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === NO_RIGHT) return false
    throw error
  } finally {
    await client.query('RESET ROLE')
  }
}

/** Functions that run with the rights of the owner: each is a way past the tables above. */
async function functions(): Promise<string[]> {
  const { rows } = await client.query<{ name: string; owners: string[] }>(
    `SELECT pg_proc.oid::regprocedure::text AS name, array_agg(role ORDER BY role) FILTER (WHERE has_function_privilege(role, pg_proc.oid, 'EXECUTE')) AS owners
     FROM pg_proc, unnest($1::text[]) role
     WHERE pronamespace = 'public'::regnamespace AND prosecdef AND prorettype <> 'trigger'::regtype GROUP BY 1 ORDER BY 1`,
    [Object.values(SERVICE_ROLES)],
  )
  const lines = ["## Functions with the owner's rights", '', '| function | roles |', '|---|---|']
  for (const { name, owners } of rows)
    lines.push(
      `| \`${name}\` | ${ROLES.filter(([, role]) => owners?.includes(role))
        .map(([owner]) => owner)
        .join(', ')} |`,
    )
  return [...lines, '']
}
