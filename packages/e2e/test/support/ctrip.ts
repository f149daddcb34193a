import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { APPS_FOLDER } from '@ctrip/local-stack/start-app'

/** The operator's command line, as npx runs it. */
export const CTRIP = join(APPS_FOLDER, 'cli', 'bin', 'ctrip.cjs')
const TIMEOUT_MS = 60_000

interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly timeoutMs?: number
}

/** Runs it to its end. */
export function runCtrip(args: readonly string[], { env = process.env, timeoutMs = TIMEOUT_MS }: RunOptions = {}) {
  return spawnSync(process.execPath, [CTRIP, ...args], { encoding: 'utf8', timeout: timeoutMs, env })
}
