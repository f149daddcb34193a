import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type ManagedProcess, startProcess } from './managed-process'

/** The services and the command line, built. */
export const APPS_FOLDER = resolve(__dirname, '..', '..', '..', 'apps')
const STOP_TIMEOUT_MS = 22_000 // a service gives itself 20 s

export interface AppStart {
  readonly folder: string
  readonly name: string
  readonly env: NodeJS.ProcessEnv
  readonly logFile: string
  /** Of node. Default: those of its own start script. */
  readonly args?: readonly string[]
}

/** Starts an app in a process of its own, without waiting until it is ready. */
export function startApp({ folder, args = startArguments(folder), ...start }: AppStart): Promise<ManagedProcess> {
  return startProcess({
    ...start,
    command: process.execPath,
    args,
    cwd: folder,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: STOP_TIMEOUT_MS,
  })
}

/**
 * The node options of a service's own start script. A bound of the heap is written only there, so it applies however the
 * service is started. (The image has no npm: deploy/docker/Dockerfile repeats it.)
 */
export function startArguments(appFolder: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(appFolder, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  const [command, ...args] = scripts.start.split(' ')
  if (command !== 'node') throw new Error(`${appFolder}: its start script does not run node`)
  return args
}
