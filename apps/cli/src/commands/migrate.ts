import { migrate } from '@ctrip/db/schema/migrate'
import { applyRoles } from '@ctrip/db/schema/service-roles'
import type { Command } from 'commander'
import { answersWith, UsageError } from '../answer'
import { readEnvironment } from '../environment'

export function addMigrateCommand(program: Command): void {
  const command = program
    .command('migrate')
    .description('bring the database to the newest schema; safe to run twice, and at once')
    .option('--database-url <url>', 'instead of DATABASE_URL')
    .option('--roles', "also make the services' roles and set their rights; passwords stay as they are")
  answersWith(command, async () => {
    const options = command.opts<{ databaseUrl?: string; roles?: boolean }>()
    const url = options.databaseUrl ?? readEnvironment().databaseUrl
    if (url === undefined) throw new UsageError('which database? Set DATABASE_URL or give --database-url')
    const { applied } = await migrate(url)
    if (options.roles) await applyRoles(url, {})
    return { text: applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`, json: { applied } }
  })
}
