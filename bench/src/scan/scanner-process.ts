import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@ctrip/local-stack/free-port'
import { APPS_FOLDER, startApp } from '@ctrip/local-stack/start-app'

/** A scanner as in production, with its metrics and log. */
export interface Scanner {
  /** The value of one of its metrics; the sum where it has several series. */
  metric(name: string): Promise<number>
  /** Its log lines of this name, oldest first. */
  logged(msg: string): Readonly<Record<string, unknown>>[]
  stop(): Promise<void>
}

export interface ScannerOptions {
  readonly databaseUrl: string
  readonly natsUrl: string
  readonly chain: Readonly<Record<string, unknown>>
  /** Settings beyond those. */
  readonly environment?: Readonly<Record<string, string>>
}

export async function startScanner({ databaseUrl, natsUrl, chain, environment }: ScannerOptions): Promise<Scanner> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-bench-'))
  const chainsFile = join(folder, 'chains.yaml')
  writeFileSync(chainsFile, JSON.stringify({ chains: [chain] }))
  const opsPort = await freePort()
  const logFile = join(folder, 'scanner.log')
  const scanner = await startApp({
    folder: join(APPS_FOLDER, 'scanner'),
    name: 'scanner',
    env: {
      ...{ PATH: process.env['PATH'], NODE_ENV: 'production', LOG_LEVEL: 'warn', OPS_PORT: String(opsPort) },
      ...{ DATABASE_URL: databaseUrl, NATS_URL: natsUrl, CHAINS_FILE: chainsFile },
      ...environment,
    },
    logFile,
  })
  return {
    async metric(name) {
      const answer = await fetch(`http://127.0.0.1:${opsPort}/metrics`)
      const lines = (await answer.text())
        .split('\n')
        .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      return lines.reduce((sum, line) => sum + Number(line.replace(/^\S+(\{.*\})? /, '').split(' ')[0]), 0)
    },
    logged: (msg) =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => line.includes(`"${msg}"`))
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    async stop() {
      await scanner.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
