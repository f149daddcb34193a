import { type Database, openDatabase } from '@ctrip/db/database/database'
import type { Command } from 'commander'
import { localStack } from './connection'
import { readEnvironment } from './environment'

const SLOW_QUERY_MS = 5_000

/** Options that say which database is meant. */
export function withDatabaseOption(command: Command): Command {
  return command
    .option('--database-url <url>', "instead of DATABASE_URL or the local stack's")
    .option('--data <dir>', 'data folder of the local stack to talk to', '.ctrip')
}

function databaseUrl(command: Command): string {
  const { databaseUrl: given, data } = command.opts<{ databaseUrl?: string; data: string }>()
  return given ?? readEnvironment().databaseUrl ?? localStack({ data }).postgres.url
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
