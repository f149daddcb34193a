import { loadConfig } from '@ctrip/settings/config'
import { configSchema, type SignerConfig } from './config'
import { createLog, type Log } from './log'
import { describeProcess } from './metrics'
import { type OpsServer, type Readiness, startOpsServer } from './ops-server'
import { type Service, StartupError, startSigner } from './service'

const EXIT = { ok: 0, crashed: 1, misconfigured: 2 } as const
const GIVE_UP_AFTER_MS = 14_000

const loaded = loadConfig(configSchema, process.env)
if (!loaded.ok) refuseToStart(createLog('fatal'), loaded.problems)
else void run(loaded.config, createLog(loaded.config.LOG_LEVEL))

/** As the other services: exit 2 on wrong configuration, 1 on a crash, 0 after an orderly stop. */
async function run(config: SignerConfig, log: Log): Promise<void> {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'service.crashed')
    process.exit(EXIT.crashed)
  })
  describeProcess({ version: config.BUILD_VERSION, commit: config.BUILD_COMMIT })
  let phase: Readiness['phase'] = 'starting'
  const stopAsked = untilSignal()
  try {
    const ops = await startOps(config, () => ({ ready: phase === 'running', phase }))
    const service = await startSigner(config, log, (err) => {
      log.fatal({ err }, 'signer.log_failed')
      process.exit(EXIT.crashed)
    })
    phase = 'running'
    log.info({ ops_port: ops.port, version: config.BUILD_VERSION, commit: config.BUILD_COMMIT }, 'service.started')
    const signal = await stopAsked
    phase = 'stopping'
    log.info({ signal }, 'service.stopping')
    await stop(service, log)
  } catch (error) {
    if (error instanceof StartupError) refuseToStart(log, error.problems)
    throw error
  }
}

async function startOps({ OPS_PORT, HOST }: SignerConfig, readiness: () => Readiness): Promise<OpsServer> {
  try {
    return await startOpsServer(readiness, { port: OPS_PORT, host: HOST })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartupError([`OPS_PORT: cannot listen on port ${OPS_PORT} (${reason}); free it, or choose another`])
  }
}

async function stop(service: Service, log: Log): Promise<void> {
  const timer = setTimeout(() => {
    log.fatal({ waited_ms: GIVE_UP_AFTER_MS }, 'service.stop_timed_out')
    process.exit(EXIT.crashed)
  }, GIVE_UP_AFTER_MS)
  await service.stop()
  clearTimeout(timer)
  log.info({}, 'service.stopped')
  process.exit(EXIT.ok)
}

/** Resolves with the first SIGTERM or SIGINT; a second one ends the process with 1. */
function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = (signal: string): void => {
      if (asked) process.exit(EXIT.crashed)
      asked = true
      resolve(signal)
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}

function refuseToStart(log: Log, problems: readonly string[]): never {
  log.fatal({ problems }, 'service.refused_to_start')
  const lines = problems.map((problem) => `  - ${problem}\n`)
  process.stderr.write(`ctrip-signer cannot start, ${problems.length} problem(s) to mend:\n${lines.join('')}`)
  process.exit(EXIT.misconfigured)
}
