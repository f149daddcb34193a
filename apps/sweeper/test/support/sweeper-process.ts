import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ledger } from './ledger'
import type { LocalChain } from './local-chain'
import type { SignerProcess } from './signer-process'

const COMPILER = join(__dirname, '../../../../packages/telemetry/test/fixtures/compile-typescript.cjs')
const MAIN = join(__dirname, '../../src/main.ts')
/** Nobody listens here: sweeping does not need NATS, the outbox waits. */
const NO_NATS = 'nats://127.0.0.1:9'

/** A sweeper as it runs in production, but for being compiled on the fly. */
export interface SweeperProcess {
  /** As its lease names it, at the end. */
  readonly pid: number
  /** What it has logged so far, by name. */
  readonly logged: { readonly msg: string; readonly held?: boolean }[]
  signal(signal: NodeJS.Signals): void
  /** Ends it without a word. */
  kill(): Promise<void>
}

/** `url`: by which it reaches the chain. */
export function startSweeper(ledger: Ledger, local: LocalChain, signer: SignerProcess, url: string): SweeperProcess {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-sweeper-'))
  const chainsFile = join(folder, 'chains.yaml')
  writeFileSync(chainsFile, local.yaml(url))
  const child = spawn(process.execPath, ['--conditions=@ctrip/source', '--require', COMPILER, MAIN], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      ...{ DATABASE_URL: ledger.url, NATS_URL: NO_NATS, CHAINS_FILE: chainsFile },
      SIGNER_SOCKET: signer.socket,
      ...{ OPS_PORT: '0', HOST: '127.0.0.1', OTEL_SDK_DISABLED: 'true', LOG_LEVEL: 'info' },
    },
  })
  const { pid, stdout } = child
  if (pid === undefined) throw new Error('the sweeper did not start')
  const logged: { msg: string; held?: boolean }[] = []
  let rest = ''
  stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) logged.push(JSON.parse(line) as { msg: string })
  })
  const exited = once(child, 'exit')
  return {
    pid,
    logged,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
