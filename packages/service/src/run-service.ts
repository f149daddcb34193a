import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '@ctrip/settings/config'
import { logLevel, port, url } from '@ctrip/settings/settings'
import { type ErrorReporter, errorReporter } from '@ctrip/telemetry/error-reporter'
import { codeOf, messageOf } from '@ctrip/telemetry/errors'
import { watchEventLoop } from '@ctrip/telemetry/event-loop'
import { createLogger, type Logger } from '@ctrip/telemetry/logger'
import { collectProcessMetrics, registry } from '@ctrip/telemetry/metrics'
import { stopTracing } from '@ctrip/telemetry/tracing'
import { z } from 'zod'
import { type Health, type HealthCheck, watchHealth } from './health'
import { stalledWorkers } from './heartbeats'
import { type OpsServer, type Readiness, startOpsServer } from './ops-server'
import { crash, EXIT, LAST_REPORT_MS, refuseToStart, untilSignal } from './process-end'
import { checkAll, StartupError } from './startup-error'

export interface Service {
  /** Resolves when the service does its work. */
  start(): Promise<void>
  /** Claims nothing new, finishes or gives back what it holds, closes its connections. */
  stop(): Promise<void>
  readonly checks: readonly HealthCheck[]
}

export interface ServiceContext<Config> {
  readonly config: Config
  readonly log: Logger
  /** Aborts 10 s after a stop was requested. Work that is still in progress must then be abandoned and released. */
  readonly signal: AbortSignal
}

export interface ServiceDefinition<Schema extends z.ZodObject> {
  /** As in logs and traces: `ctrip-api`. */
  readonly name: string
  readonly schema: Schema
  /** Connects and checks; throws StartupError for what the operator must mend. */
  readonly build: (context: ServiceContext<z.output<Schema>>) => Promise<Service>
}

const ABORT_AFTER_MS = 10_000
// With the 5 s that flushing traces may take, this stays below the 20 s after which a service must be gone.
const GIVE_UP_AFTER_MS = 14_000

/** Settings of every service, besides its own schema. */
export const commonSchema = z.object({
  OPS_PORT: port(),
  HOST: z.string().optional().describe('the address to listen on; all addresses unless set'),
  LOG_LEVEL: logLevel().default('info'),
  BUILD_VERSION: z.string().default('development'),
  BUILD_COMMIT: z.string().default('unknown'),
  SENTRY_DSN: url('https', 'http').optional(),
  SENTRY_ENVIRONMENT: z.string().default('production').describe('the environment that errors and traces name'),
})

/**
 * Runs a service until SIGTERM or SIGINT, then ends the process:
 * - exit 2 if the configuration, or a dependency needed to start, is wrong: every problem at once, on stderr;
 * - exit 1 on an uncaught error, on a second signal, or if the service has not stopped within 14 s;
 * - exit 0 after a clean stop: readiness off, `stop()`, the signal aborted after 10 s, traces and reported errors flushed.
 */
export function runService<Schema extends z.ZodObject>(definition: ServiceDefinition<Schema>): void {
  const common = loadConfig(commonSchema, process.env)
  const own = loadConfig(definition.schema, process.env)
  if (!common.ok || !own.ok) {
    const problems = [common, own].flatMap((loaded) => (loaded.ok ? [] : loaded.problems))
    refuseToStart(definition.name, problems)
  }
  const errors = reporter(definition.name, common.config)
  const log = createLogger({ service: definition.name, level: common.config.LOG_LEVEL, errors })
  process.on('uncaughtException', (error, origin) => crash(log, errors, error, origin))
  watchEventLoop()
  collectProcessMetrics({ version: common.config.BUILD_VERSION, commit: common.config.BUILD_COMMIT })
  const run = new ServiceRun(definition, common.config, own.config, log, errors)
  run.untilStopped(untilSignal(log)).catch((error: unknown) => {
    if (error instanceof StartupError) refuseToStart(definition.name, error.problems)
    crash(log, errors, error, 'run')
  })
}

function reporter(service: string, common: z.output<typeof commonSchema>) {
  const { SENTRY_DSN: dsn, SENTRY_ENVIRONMENT: environment, BUILD_VERSION, BUILD_COMMIT } = common
  if (dsn === undefined) return undefined
  return errorReporter({ dsn, environment, service, release: `ctrip@${BUILD_VERSION}+${BUILD_COMMIT}` })
}

class ServiceRun<Schema extends z.ZodObject> {
  private readonly abort = new AbortController()
  private phase: Readiness['phase'] = 'starting'
  private health: Health | null = null

  constructor(
    private readonly definition: ServiceDefinition<Schema>,
    private readonly common: z.output<typeof commonSchema>,
    private readonly config: z.output<Schema>,
    private readonly log: Logger,
    private readonly errors: ErrorReporter | undefined,
  ) {}

  async untilStopped(stopAsked: Promise<string>): Promise<never> {
    const starting = this.start()
    await Promise.race([starting, stopAsked])
    const signal = await stopAsked
    this.log.info({ signal }, 'service.stopping')
    const stopped = await this.stopWithinLimit(starting)
    await Promise.all([stopTracing(), this.errors?.flush(LAST_REPORT_MS)])
    if (stopped) this.log.info('service.stopped')
    else this.log.fatal({ waited_ms: GIVE_UP_AFTER_MS }, 'service.stop_timed_out')
    process.exit(stopped ? EXIT.ok : EXIT.crashed)
  }

  private async start(): Promise<Service> {
    const { config, log, abort, common } = this
    const [ops, service] = await checkAll<[OpsServer, Service]>([
      this.listenForOps(),
      this.definition.build({ config, log, signal: abort.signal }),
    ])
    this.health = watchHealth({ checks: service.checks, log })
    this.health.start()
    await service.start()
    if (this.phase === 'starting') this.phase = 'running'
    log.info({ ops_port: ops.port, version: common.BUILD_VERSION, commit: common.BUILD_COMMIT }, 'service.started')
    return service
  }

  /** False if the service is not done long after its signal was aborted. */
  private async stopWithinLimit(starting: Promise<Service>): Promise<boolean> {
    // A start in progress is cancelled at once.
    if (this.phase === 'starting') this.abort.abort()
    this.phase = 'stopping'
    const timer = setTimeout(() => this.abort.abort(), ABORT_AFTER_MS)
    const stopped = this.stop(starting).then(() => true)
    const outcome = await Promise.race([stopped, sleep(GIVE_UP_AFTER_MS, false, { ref: false })])
    clearTimeout(timer)
    return outcome
  }

  private async stop(starting: Promise<Service>): Promise<void> {
    const service = await starting.catch((error: unknown) => {
      this.log.info({ err: error }, 'service.start_called_off')
      return null
    })
    // First, or closing connections would be reported as dependencies going down.
    await this.health?.stop()
    await service?.stop()
  }

  private async listenForOps(): Promise<OpsServer> {
    const { OPS_PORT, HOST } = this.common
    const deps = { readiness: () => this.readiness(), stalledWorkers, metrics: registry }
    try {
      return await startOpsServer(deps, { port: OPS_PORT, host: HOST })
    } catch (cause) {
      const reason = codeOf(cause) ?? messageOf(cause)
      const problem = `OPS_PORT: cannot listen on port ${OPS_PORT} (${reason}); free it, or choose another`
      throw new StartupError([problem], { cause })
    }
  }

  private readiness(): Readiness {
    const ready = this.phase === 'running' && this.health?.ready() === true
    return { ready, phase: this.phase, checks: this.health?.checks() ?? [] }
  }
}
