import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const COMPILER = join(__dirname, '../../../../packages/telemetry/test/fixtures/compile-typescript.cjs')
const MAIN = join(__dirname, '../../src/main.ts')
/** Nobody listens here: scanning does not need NATS, the outbox waits. */
const NO_NATS = 'nats://127.0.0.1:9'

/** A scanner as it runs in production, but for being compiled on the fly. */
export interface ScannerProcess {
  readonly pid: number
  readonly child: ChildProcess
  /** Log lines so far. */
  readonly logged: Record<string, unknown>[]
  signal(signal: NodeJS.Signals): void
  stop(): Promise<void>
}

export function startScanner(options: { databaseUrl: string; chainsYaml: string }): ScannerProcess {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-scanner-'))
  const chainsFile = join(folder, 'chains.yaml')
  writeFileSync(chainsFile, options.chainsYaml)
  const child = spawn(process.execPath, ['--conditions=@ctrip/source', '--require', COMPILER, MAIN], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      ...{ DATABASE_URL: options.databaseUrl, NATS_URL: NO_NATS, CHAINS_FILE: chainsFile },
      ...{ OPS_PORT: '0', HOST: '127.0.0.1', OTEL_SDK_DISABLED: 'true', LOG_LEVEL: 'info' },
    },
  })
  const { pid, stdout } = child
  if (pid === undefined || stdout === null) throw new Error('the scanner did not start')
  const logged: Record<string, unknown>[] = []
  let rest = ''
  stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) logged.push(JSON.parse(line) as Record<string, unknown>)
  })
  const exited = once(child, 'exit')
  return {
    ...{ pid, child, logged },
    signal: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
