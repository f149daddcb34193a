import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Client } from 'pg'

/** Each service's role in Postgres, by the service's name. */
export const SERVICE_ROLES = {
  api: 'ctrip_api',
  scanner: 'ctrip_scanner',
  sweeper: 'ctrip_sweeper',
  'webhook-dispatcher': 'ctrip_webhook_dispatcher',
} as const

export type RoleOwner = keyof typeof SERVICE_ROLES
/** The passwords to set; a role that is not named keeps the one it has. */
export type RolePasswords = { readonly [Owner in RoleOwner]?: string | undefined }

const ROLES_FILE = path.join(__dirname, '..', '..', 'prisma', 'roles.sql')
/** Any number that only this job uses. */
const ROLES_LOCK = 7_230_187_303
const SCRAM_ITERATIONS = 4_096

/**
 * Makes the services' roles, sets exactly the rights of prisma/roles.sql and the given passwords, in one transaction. May
 * be run at any time, and at once. The login in the URL owns the tables and may create roles.
 */
export async function applyRoles(databaseUrl: string, passwords: RolePasswords): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'ctrip-migrate' })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [ROLES_LOCK])
    await client.query(readFileSync(ROLES_FILE, 'utf8'))
    for (const owner of Object.keys(SERVICE_ROLES) as RoleOwner[]) {
      const password = passwords[owner]
      if (password === undefined) continue
      const verifier = client.escapeLiteral(scramVerifier(password))
      await client.query(`ALTER ROLE ${SERVICE_ROLES[owner]} PASSWORD ${verifier}`)
    }
    await client.query('COMMIT')
  } finally {
    await client.end() // rolls back what was not committed
  }
}

/** What Postgres keeps of a password (RFC 5803). Made here, so that no password appears in the server's log. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, SCRAM_ITERATIONS, 32, 'sha256')
  const storedKey = createHash('sha256').update(keyed(salted, 'Client Key')).digest('base64')
  const serverKey = keyed(salted, 'Server Key').toString('base64')
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

function keyed(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
