import { writeFileSync } from 'node:fs'
import { startPostgres } from '@ctrip/local-stack/postgres'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { Client } from 'pg'
import { migrate } from '../src/schema/migrate'
import { applyRoles, SERVICE_ROLES } from '../src/schema/service-roles'
import { type Ledger, openLedger } from './ledger'

const INSUFFICIENT_PRIVILEGE = '42501'

let ledger: Ledger
let client: Client

beforeAll(async () => {
  ledger = await openLedger()
  await applyRoles(ledger.url, {})
  client = new Client({ connectionString: ledger.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await ledger.close()
})

/** The SQLSTATE with which Postgres refuses this to a role; null if it allows it. Nothing is kept. */
async function refusal(role: string, statement: string): Promise<string | null> {
  await client.query('BEGIN')
  try {
    await client.query(`SET LOCAL ROLE ${role}`)
    await client.query(statement)
    return null
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  } finally {
    await client.query('ROLLBACK')
  }
}

const { api, scanner, sweeper, 'webhook-dispatcher': dispatcher } = SERVICE_ROLES
const LEDGER = [
  ...['transfers', 'blocks', 'chain_state', 'sweeps', 'sweep_items', 'sweep_transactions', 'sweep_attempts'],
  ...['chain_identities', 'asset_checks', 'rate_rounds', 'rate_readings'],
]

describe('what no mistake or break-in of a service can do', () => {
  it.each(LEDGER)('the API writes nothing into %s', async (table) => {
    expect(await refusal(api, `INSERT INTO ${table} DEFAULT VALUES`)).toBe(INSUFFICIENT_PRIVILEGE)
    expect(await refusal(api, `DELETE FROM ${table}`)).toBe(INSUFFICIENT_PRIVILEGE)
    const { rows } = await client.query(
      `SELECT column_name FROM information_schema.column_privileges
       WHERE grantee = $1 AND table_name = $2 AND privilege_type = 'UPDATE'`,
      [api, table],
    )
    expect(rows).toEqual([])
  })

  it.each([
    ['amount_received', api],
    ['amount_confirmed', api],
    ['amount', api],
    ['address', api],
    ['amount_received', sweeper],
    ['amount_confirmed', sweeper],
    ['amount', sweeper],
    ['amount', scanner],
    ['address', scanner],
  ])('%s of a payment is not changed by %s', async (column, role) => {
    expect(await refusal(role, `UPDATE payments SET ${column} = ${column}`)).toBe(INSUFFICIENT_PRIVILEGE)
  })

  it.each([
    ['the sweeper invents a transfer', sweeper, 'INSERT INTO transfers SELECT * FROM transfers'],
    ['the sweeper confirms a transfer', sweeper, "UPDATE transfers SET status = 'confirmed'"],
    ['the sweeper issues an address', sweeper, 'INSERT INTO deposit_addresses SELECT * FROM deposit_addresses'],
    ['the scanner plans a sweep', scanner, 'INSERT INTO sweeps SELECT * FROM sweeps'],
    ['the scanner marks money as collected', scanner, 'UPDATE transfers SET collected_by = NULL'],
    ['the scanner reads API keys', scanner, 'SELECT * FROM api_keys'],
    ['the scanner reads webhook secrets', scanner, 'SELECT secret FROM webhook_endpoints'],
    ['the sweeper reads webhook secrets', sweeper, 'SELECT secret FROM webhook_endpoints'],
    ['the dispatcher reads payments', dispatcher, 'SELECT * FROM payments'],
    [
      'the dispatcher points an endpoint elsewhere',
      dispatcher,
      "UPDATE webhook_endpoints SET url = 'https://example.com'",
    ],
    ['the dispatcher writes a payment', dispatcher, "UPDATE payments SET status = 'confirmed'"],
    ['the API rewrites what an event said', api, "UPDATE events SET body = '{}'"],
    ['the API forgets what operators did', api, 'DELETE FROM audit_log'],
    ['the API drops partitions', api, 'SELECT drop_daily_partitions(current_date)'],
    ['the scanner accepts a block', scanner, 'INSERT INTO accepted_blocks SELECT * FROM accepted_blocks'],
    ['the API accepts a block', api, 'INSERT INTO accepted_blocks SELECT * FROM accepted_blocks'],
    ['the API forgets that a block owes its traces', api, 'DELETE FROM trace_debts'],
    ['the scanner rewrites a rate', scanner, 'UPDATE rate_rounds SET answer = answer'],
    ['the sweeper invents a rate', sweeper, 'INSERT INTO rate_rounds DEFAULT VALUES'],
    ['the API changes what a payment was priced at', api, 'UPDATE payments SET quote_amount = quote_amount'],
    ['the scanner makes a table', scanner, 'CREATE TABLE mine (id int)'],
  ])('never: %s', async (_, role, statement) => {
    expect(await refusal(role, statement)).toBe(INSUFFICIENT_PRIVILEGE)
  })
})

it('the dispatcher keeps the daily partitions, which are not its own', async () => {
  expect(await refusal(dispatcher, 'SELECT ensure_daily_partitions(current_date, 9)')).toBeNull()
  expect(await refusal(dispatcher, 'SELECT drop_daily_partitions(current_date - 30)')).toBeNull()
})

it('the sweeper answers what operators ask of it', async () => {
  expect(await refusal(sweeper, "UPDATE operator_requests SET completed_at = now(), answer = '{}'")).toBeNull()
  expect(await refusal(sweeper, "UPDATE operator_requests SET terms = '{}'")).toBe(INSUFFICIENT_PRIVILEGE)
})

it('API and sweeper may both lock the wallet that they adopt', async () => {
  for (const role of [api, sweeper])
    expect(await refusal(role, 'LOCK TABLE wallets IN SHARE ROW EXCLUSIVE MODE')).toBeNull()
})

it('runs again, and at once, without harm', async () => {
  await Promise.all([applyRoles(ledger.url, {}), applyRoles(ledger.url, {})])
  expect(await refusal(api, 'SELECT 1 FROM payments FOR UPDATE')).toBeNull()
})

it('takes back a right that is not listed', async () => {
  await client.query(`GRANT INSERT ON transfers TO ${api}`)
  await applyRoles(ledger.url, {})
  expect(await refusal(api, 'INSERT INTO transfers SELECT * FROM transfers')).toBe(INSUFFICIENT_PRIVILEGE)
})

it('is run by an owner without other powers, and sets passwords that Postgres asks for', async () => {
  const server = await startPostgres() // its own: roles and logins belong to a whole server
  const admin = new Client({ connectionString: server.url })
  await admin.connect()
  try {
    await admin.query('CREATE ROLE owner LOGIN CREATEROLE')
    await admin.query('CREATE DATABASE shop OWNER owner')
    const url = new URL(server.url)
    Object.assign(url, { username: 'owner', pathname: '/shop' })
    await migrate(url.toString())
    await applyRoles(url.toString(), { api: 'the first password', scanner: 'another password' })
    await applyRoles(url.toString(), { api: 'the second password' })
    await askForPasswords(admin)
    expect(await mayLogIn(url, api, 'the second password')).toBe(true)
    expect(await mayLogIn(url, api, 'the first password')).toBe(false)
    expect(await mayLogIn(url, scanner, 'another password')).toBe(true)
    expect(await mayLogIn(url, sweeper, '')).toBe(false)
  } finally {
    await admin.end()
    await server.stop()
  }
})

async function askForPasswords(admin: Client): Promise<void> {
  const { rows } = await admin.query<{ hba_file: string }>('SHOW hba_file')
  const file = rows[0]?.hba_file ?? ''
  const services = Object.values(SERVICE_ROLES).join(',')
  writeFileSync(file, `host all ${services} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n`)
  await admin.query('SELECT pg_reload_conf()')
  await waitUntil(
    'pg_hba.conf is read',
    5_000,
    async () => !(await mayLogIn(new URL(`postgresql://${admin.host}:${admin.port}/shop`), sweeper, '')),
  )
}

async function mayLogIn(url: URL, user: string, password: string): Promise<boolean> {
  const client = new Client({ host: url.hostname, port: Number(url.port), database: 'shop', user, password })
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}
