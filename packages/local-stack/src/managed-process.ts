import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { findTool } from './system-tools'

const LOG_BYTES_MAX = 32 * 1024 * 1024
const LOG_TAIL_BYTES = 2_000

export interface ProcessSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  readonly user?: { readonly uid: number; readonly gid: number }
  readonly logFile: string
  readonly stopSignal: 'SIGTERM' | 'SIGINT'
  readonly stopTimeoutMs: number
  /** The signal that the kernel sends it when this process is killed. Default: SIGKILL. */
  readonly deathSignal?: 'KILL' | 'TERM'
}

export interface ManagedProcess {
  readonly name: string
  readonly pid: number
  /** Resolves when the process has ended, with how: `exit code 2` or `SIGKILL`. */
  readonly exited: Promise<string>
  /** The end of its log, for an error message. */
  readonly logTail: () => string
  /** Whether its log has this text, in what was written since it was started. */
  readonly hasLogged: (text: string) => boolean
  /** Asks it to stop, kills it after `stopTimeoutMs`, and resolves when it has ended. */
  readonly stop: () => Promise<void>
}

// On exit and on an uncaught error, children are stopped, also on systems without a death signal.
const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** Starts a process whose output goes to `logFile` and which does not outlive this one. */
export async function startProcess(spec: ProcessSpec): Promise<ManagedProcess> {
  const log = openLog(spec.logFile)
  const logStart = fstatSync(log).size
  const [command, args] = boundToOurLife(spec)
  const child = spawn(command, args, {
    cwd: spec.cwd,
    env: spec.env ?? { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    stdio: ['ignore', log, log],
    ...spec.user,
  })
  closeSync(log)
  alive.add(child)
  const exited = new Promise<string>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)),
  )
  void exited.then(() => alive.delete(child))
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  return {
    name: spec.name,
    pid: child.pid ?? 0,
    exited,
    logTail: () => readLog(spec.logFile, (size) => size - LOG_TAIL_BYTES).trim(),
    hasLogged: (text) => readLog(spec.logFile, () => logStart).includes(text),
    stop: async () => {
      child.kill(spec.stopSignal)
      const patience = setTimeout(() => child.kill('SIGKILL'), spec.stopTimeoutMs)
      await exited
      clearTimeout(patience)
    },
  }
}

/**
 * A SIGKILL leaves no time to stop children: PR_SET_PDEATHSIG (prctl(2)) makes the kernel do it. `setpriv` execs, so the
 * pid stays the child's own. Without util-linux, children outlive a killed supervisor.
 */
function boundToOurLife({ command, args, deathSignal = 'KILL' }: ProcessSpec): [string, string[]] {
  const setpriv = process.platform === 'linux' ? findTool('setpriv') : null
  return setpriv === null ? [command, [...args]] : [setpriv, ['--pdeathsig', deathSignal, '--', command, ...args]]
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true })
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES_MAX) renameSync(file, `${file}.1`)
  return openSync(file, 'a', 0o600)
}

function readLog(file: string, from: (size: number) => number): string {
  const handle = openSync(file, 'r')
  const { size } = fstatSync(handle)
  const start = Math.max(0, from(size))
  const buffer = Buffer.alloc(size - start)
  readSync(handle, buffer, 0, buffer.length, start)
  closeSync(handle)
  return buffer.toString('utf8')
}
