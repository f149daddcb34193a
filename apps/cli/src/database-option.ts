import { type Database, openDatabase } from '@ctrip/db/database/database'
import type { Command } from 'commander'
import { localStack } from './connection'
import { readEnvironment } from './environment'
import { readSecret, withSecretOption } from './secret-option'

const SLOW_QUERY_MS = 5_000

/** Options that say which database is meant. */
export function withDatabaseOption(command: Command): Command {
  const description = "the database's URL, instead of the local stack's"
  return withSecretOption(command, { flag: '--database-url', description, variable: 'DATABASE_URL' }).option(
    '--data <dir>',
    'data folder of the local stack to talk to',
    '.ctrip',
  )
}

function databaseUrl(command: Command): string {
  const options = command.opts<{ databaseUrl?: string; databaseUrlFile?: string; data: string }>()
  const { databaseUrl: given, databaseUrlFile: file, data } = options
  return readSecret('--database-url', given, file) ?? readEnvironment().databaseUrl ?? localStack({ data }).postgres.url
}

/** Works on the database itself: for what an operator does when services are halted, or down. */
export async function withDatabase<T>(command: Command, work: (db: Database) => Promise<T>): Promise<T> {
  const db = openDatabase({
    url: databaseUrl(command),
    applicationName: 'ctrip',
    poolSize: 2,
    slowQueryMs: SLOW_QUERY_MS,
  })
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}
