import { loadConfig } from '@ctrip/settings/config'
import { createLogger } from '@ctrip/telemetry/logger'
import { migrate } from './migrate'
import { migrationSchema } from './migration-config'
import { applyRoles } from './service-roles'

// The job before each deployment: the newest schema, then the services' roles. Exit codes: 0 done, 1 failed, 2 misconfigured.
void run()

async function run(): Promise<void> {
  const loaded = loadConfig(migrationSchema, process.env)
  if (!loaded.ok) {
    for (const problem of loaded.problems) console.error(problem)
    process.exitCode = 2
    return
  }
  const { DATABASE_URL, ...passwords } = loaded.config
  const log = createLogger({ service: 'ctrip-migrate', level: 'info' })
  try {
    const { applied } = await migrate(DATABASE_URL)
    await applyRoles(DATABASE_URL, {
      api: passwords.API_DATABASE_PASSWORD,
      scanner: passwords.SCANNER_DATABASE_PASSWORD,
      sweeper: passwords.SWEEPER_DATABASE_PASSWORD,
      'webhook-dispatcher': passwords.WEBHOOK_DISPATCHER_DATABASE_PASSWORD,
    })
    log.info({ applied }, 'database.migrated')
  } catch (err) {
    log.fatal({ err }, 'database.migration_failed')
    process.exitCode = 1
  }
}
