import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { APPS_FOLDER } from '@ctrip/local-stack/start-app'

/** The operator's command line, as npx runs it. */
export const CTRIP = join(APPS_FOLDER, 'cli', 'bin', 'ctrip.cjs')
const TIMEOUT_MS = 60_000

/** Runs it to its end. */
export function runCtrip(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  return spawnSync(process.execPath, [CTRIP, ...args], { encoding: 'utf8', timeout: TIMEOUT_MS, env })
}
