import { Command, CommanderError } from 'commander'
import { UsageError } from './answer'
import { addAuditCommand } from './commands/audit'
import { addBackfillCommand } from './commands/backfill'
import { addChainCommands } from './commands/chains'
import { addConfigCommands } from './commands/config'
import { addConformanceCommand } from './commands/conformance'
import { addDoctorCommand } from './commands/doctor'
import { addKeyCommands } from './commands/keys'
import { addListenCommand } from './commands/listen'
import { addMerchantCommands } from './commands/merchants'
import { addMigrateCommand } from './commands/migrate'
import { addOperatorCommands } from './commands/operators'
import { addPayCommand } from './commands/pay'
import { addPaymentCommands } from './commands/payments'
import { addRescueCommand } from './commands/rescue'
import { addRestoreCommand } from './commands/restore'
import { addSecretsCommands } from './commands/secrets'
import { addSignerCommands } from './commands/signer'
import { addSweeperCommands } from './commands/sweeper'
import { addTraceCommand } from './commands/trace'
import { addUpCommand } from './commands/up'
import { addWalletCommands } from './commands/wallet'
import { addWebhookCommands } from './commands/webhooks'
import { printable } from './render/printable'

const EXIT = { ok: 0, failed: 1, badUsage: 2 } as const

/** Runs one command line and returns its exit code: 0 ok, 1 failed, 2 bad usage. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync(argv)
    return EXIT.ok
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.badUsage // it has said why
    console.error(printable(`ctrip: ${error instanceof Error ? error.message : String(error)}`))
    return error instanceof UsageError ? EXIT.badUsage : EXIT.failed
  }
}

function buildProgram(): Command {
  const program = new Command('ctrip')
    .description("The operator's command line of cTrip")
    .exitOverride() // before the commands are added: they inherit it
    .showHelpAfterError('(--help says more)')
  const additions = [
    addUpCommand,
    addPayCommand,
    addPaymentCommands,
    addTraceCommand,
    addListenCommand,
    addMerchantCommands,
    addKeyCommands,
    addOperatorCommands,
    addWalletCommands,
    addMigrateCommand,
    addSecretsCommands,
    addConfigCommands,
    addConformanceCommand,
    addBackfillCommand,
    addWebhookCommands,
    addChainCommands,
    addSweeperCommands,
    addSignerCommands,
    addRescueCommand,
    addRestoreCommand,
    addDoctorCommand,
    addAuditCommand,
  ]
  for (const add of additions) add(program)
  return program
}
