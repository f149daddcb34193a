import { migrate } from '@ctrip/db/migrate'
import type { Command } from 'commander'
import { answersWith, UsageError } from '../answer'
import { readEnvironment } from '../environment'

export function addMigrateCommand(program: Command): void {
  const command = program
    .command('migrate')
    .description('bring the database to the newest schema; safe to run twice, and at once')
    .option('--database-url <url>', 'instead of DATABASE_URL')
  answersWith(command, async () => {
    const url = command.opts<{ databaseUrl?: string }>().databaseUrl ?? readEnvironment().databaseUrl
    if (url === undefined) throw new UsageError('which database? Set DATABASE_URL or give --database-url')
    const { applied } = await migrate(url)
    return { text: applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`, json: { applied } }
  })
}
