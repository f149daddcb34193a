import type { ErrorReporter } from '@ctrip/telemetry/error-reporter'
import { createLogger, type Logger } from '@ctrip/telemetry/logger'
import { redact } from '@ctrip/telemetry/redact'

export const EXIT = { ok: 0, crashed: 1, misconfigured: 2 } as const

/** How long the last reported errors may take to be sent. */
export const LAST_REPORT_MS = 3_000

/** Resolves with the first SIGTERM or SIGINT; a second one means now, and ends the process with 1. */
export function untilSignal(log: Logger): Promise<string> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = (signal: string): void => {
      if (asked) {
        log.fatal({ signal }, 'service.killed')
        process.exit(EXIT.crashed)
      }
      asked = true
      resolve(signal)
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}

/** Lists every problem on stderr for people, and as one JSON line for the log's readers; ends the process with 2. */
export function refuseToStart(service: string, problems: readonly string[]): never {
  createLogger({ service, level: 'fatal' }).fatal({ problems }, 'service.refused_to_start')
  const lines = problems.map((problem) => `  - ${redact(problem)}\n`)
  process.stderr.write(`${service} cannot start, ${problems.length} problem(s) to mend:\n${lines.join('')}`)
  process.exit(EXIT.misconfigured)
}

/**
 * After an uncaught error nothing in memory can be trusted: ends with 1, and the supervisor starts a new process. At once, or
 * where errors are reported, as soon as this one has been: three seconds later at most, since a process that crashes at once still loads the reporter.
 */
export function crash(log: Logger, errors: ErrorReporter | undefined, error: unknown, origin: string): void {
  log.fatal({ err: error, origin }, 'service.crashed')
  if (errors === undefined) process.exit(EXIT.crashed)
  setTimeout(() => process.exit(EXIT.crashed), LAST_REPORT_MS)
  void errors.flush(LAST_REPORT_MS).finally(() => process.exit(EXIT.crashed))
}
