import { openDatabase } from '@ctrip/db/database/database'
import { checkDatabase as checkSchema } from '@ctrip/db/database/service-database'
import { messageOf } from '@ctrip/telemetry/errors'
import { redact } from '@ctrip/telemetry/redact'
import { type Finding, failed, passed, type Subject } from './finding'

export async function checkDatabase({ databaseUrl }: Subject): Promise<Finding[]> {
  if (databaseUrl === undefined)
    return [failed('database', 'no DATABASE_URL', 'set DATABASE_URL, or start the local stack')]
  const db = openDatabase({ url: databaseUrl, applicationName: 'ctrip-doctor', poolSize: 1, slowQueryMs: 5_000 })
  try {
    await db.ping()
    await checkSchema(db)
    return [passed('database', 'answers, and has the newest schema')]
  } catch (error) {
    const remedy = 'is PostgreSQL running, and are host, port, user and password right? Then run: ctrip migrate'
    return [failed('database', redact(messageOf(error)), remedy)]
  } finally {
    await db.close()
  }
}
