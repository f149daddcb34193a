import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@ctrip/local-stack/free-port'
import { type ManagedProcess, startProcess } from '@ctrip/local-stack/managed-process'
import { untilReady } from '@ctrip/local-stack/until-ready'
import { SECRETS_KEY } from './database'

const APP = join(__dirname, '../..')
const COMPILER = join(APP, '../../packages/telemetry/test/fixtures/compile-typescript.cjs')
const READY_TIMEOUT_MS = 60_000

export interface DispatcherProcess extends ManagedProcess {
  readonly opsUrl: string
  readonly kill: () => Promise<void>
  /** Its lines of log with this name, oldest first. */
  readonly logged: (name: string) => Record<string, unknown>[]
}

/** The service as a process of its own, as in production but for being compiled on the fly. */
export async function startDispatcher(env: {
  readonly databaseUrl: string
  readonly natsUrl: string
  readonly extra?: NodeJS.ProcessEnv
  /** False where it cannot become ready: then until it responds, saying so. */
  readonly ready?: boolean
}): Promise<DispatcherProcess> {
  const port = await freePort()
  const opsUrl = `http://127.0.0.1:${port}`
  const logFile = join(mkdtempSync(join(tmpdir(), 'ctrip-dispatcher-')), 'log')
  const child = await startProcess({
    name: 'webhook-dispatcher',
    command: process.execPath,
    args: ['--conditions=@ctrip/source', '--require', COMPILER, '--require', './src/instrument.ts', './src/main.ts'],
    cwd: APP,
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: env.databaseUrl,
      NATS_URL: env.natsUrl,
      SECRETS_KEY,
      OPS_PORT: String(port),
      HOST: '127.0.0.1',
      WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8,::1/128',
      WEBHOOK_RETRY_SCHEDULE_SECONDS: '0,1,1,1',
      ...env.extra,
    },
    logFile,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 22_000,
  })
  await untilReady(child, READY_TIMEOUT_MS, async () => {
    const response = await fetch(`${opsUrl}/readyz`)
    return env.ready === false ? (await response.text()).includes('NATS refuses') : response.ok
  })
  return {
    ...child,
    opsUrl,
    logged(name) {
      const lines = readFileSync(logFile, 'utf8').split('\n').slice(0, -1)
      return lines
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg === name)
    },
    async kill() {
      process.kill(child.pid, 'SIGKILL')
      await child.exited
    },
  }
}
