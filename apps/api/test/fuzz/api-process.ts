import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from '@ctrip/db/schema/migrate'
import { freePort } from '@ctrip/local-stack/free-port'
import { startProcess } from '@ctrip/local-stack/managed-process'
import { createTestDatabase } from '@ctrip/local-stack/test-database'
import { CHAINS_YAML, passAssetChecks, TEST_SETTINGS } from '../support/fixtures'
import { findServers } from '../support/servers'

const API_FOLDER = resolve(__dirname, '../..')
const READY_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 22_000
const COLLECT_MS = 1_000
const BYTES_PER_MB = 1_000_000

interface Memory {
  readonly rss_mb: number
  readonly heap_mb: number
}

export interface ApiProcess {
  readonly url: string
  readonly port: number
  /** Resolves, with how, if it ends of itself. */
  readonly exited: Promise<string>
  /** After a garbage collection. */
  memory(): Promise<Memory>
  stop(): Promise<void>
}

/** The service as it is built and started in production, a process of its own, on a database of its own. */
export async function startApiProcess(): Promise<ApiProcess> {
  const servers = await findServers()
  const database = await createTestDatabase(servers.postgresUrl)
  await migrate(database.url)
  await passAssetChecks(database.url)
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-fuzz-'))
  writeFileSync(join(folder, 'chains.yaml'), CHAINS_YAML)
  const [port, opsPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const api = await startProcess({
    name: 'api',
    command: process.execPath,
    args: ['--expose-gc', '--require', './test/fuzz/collect.cjs', '--require', './dist/instrument.js', 'dist/main.js'],
    cwd: API_FOLDER,
    env: {
      ...TEST_SETTINGS,
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      NATS_URL: servers.natsUrl,
      CHAINS_FILE: join(folder, 'chains.yaml'),
      PUBLIC_URL: url,
      PORT: String(port),
      OPS_PORT: String(opsPort),
      OTEL_TRACES_EXPORTER: 'none',
    },
    logFile: join(folder, 'api.log'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: STOP_TIMEOUT_MS,
  })
  await untilAnswers(`${url}/health`, api.logTail)
  return {
    url,
    port,
    exited: api.exited.then((how) => `${how}\n${api.logTail()}`),
    async memory() {
      process.kill(api.pid, 'SIGUSR2')
      await sleep(COLLECT_MS)
      return readMemory(`http://127.0.0.1:${opsPort}/metrics`)
    },
    async stop() {
      await api.stop()
      await database.drop()
      rmSync(folder, { recursive: true })
      await servers.stop()
    },
  }
}

async function readMemory(metricsUrl: string): Promise<Memory> {
  const text = await (await fetch(metricsUrl)).text()
  const megabytes = (metric: string): number => {
    const value = new RegExp(`^${metric}(?:{.*})? (\\S+)$`, 'm').exec(text)?.[1]
    if (value === undefined) throw new Error(`${metricsUrl} has no ${metric}`)
    return Math.round(Number(value) / BYTES_PER_MB)
  }
  return {
    rss_mb: megabytes('process_resident_memory_bytes'),
    heap_mb: megabytes('nodejs_heap_size_used_bytes'),
  }
}

async function untilAnswers(url: string, logTail: () => string): Promise<void> {
  for (const deadline = Date.now() + READY_TIMEOUT_MS; Date.now() < deadline; await sleep(100)) {
    const answers = await fetch(url).then(
      (response) => response.ok,
      () => false, // not listening yet
    )
    if (answers) return
  }
  throw new Error(`${url} does not answer:\n${logTail()}`)
}
