import { type ChildProcess, fork } from 'node:child_process'
import { resolve } from 'node:path'
import type { StackDescriptor } from './stack-descriptor'
import type { ForeignServers, StackOptions } from './stack-options'
import { APPS_FOLDER } from './start-app'
import type { FromSupervisor, ToSupervisor } from './supervisor'

export interface StartOptions {
  readonly dataFolder?: string
  readonly fresh?: boolean
  readonly portBase?: number
  readonly blockTimeSeconds?: number
  readonly replicas?: number
  readonly appsFolder?: string
  readonly foreign?: ForeignServers
  /** Settings of the services beyond this process' own, such as LOG_LEVEL or OTEL_TRACES_SAMPLER_ARG. */
  readonly environment?: Readonly<Record<string, string>>
  /** Called at each step of the start, and at each death and restart afterwards. */
  readonly onProgress?: (message: string) => void
  /** Aborts the start. Once started, the stack is stopped with `stop`. */
  readonly signal?: AbortSignal
}

export interface Stack {
  /** The content of `stack.json`. */
  readonly descriptor: () => StackDescriptor
  readonly supervisorPid: number
  readonly stop: () => Promise<void>
  /** Kills every process at once. */
  readonly kill: () => void
  /** Resolves when the supervisor has ended, for whatever reason. */
  readonly ended: Promise<void>
}

// The build of this package: a fork cannot run TypeScript. `src` and `dist` are neighbours, whichever of them we are in.
const SUPERVISOR = resolve(__dirname, '..', 'dist', 'supervisor.js')

/** Starts the whole gateway and resolves when it is ready. It stops with this process, however this process ends. */
export async function startStack(options: StartOptions = {}): Promise<Stack> {
  const supervisor = fork(SUPERVISOR, {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...options.environment },
  })
  const ended = new Promise<void>((done) => supervisor.once('exit', () => done()))
  send(supervisor, { type: 'start', options: complete(options) })
  const breakOff = () => send(supervisor, { type: 'stop' })
  options.signal?.addEventListener('abort', breakOff, { once: true })
  let descriptor = await untilReady(supervisor, ended, options.onProgress ?? (() => undefined))
  options.signal?.removeEventListener('abort', breakOff)
  supervisor.on('message', (message: FromSupervisor) => {
    if (message.type === 'changed') descriptor = message.descriptor
  })
  return {
    descriptor: () => descriptor,
    supervisorPid: supervisor.pid ?? 0,
    stop: async () => {
      send(supervisor, { type: 'stop' })
      await ended
    },
    kill: () => supervisor.kill('SIGKILL'),
    ended,
  }
}

function complete(options: StartOptions): StackOptions {
  return {
    dataFolder: resolve(options.dataFolder ?? '.ctrip'),
    fresh: options.fresh ?? false,
    portBase: options.portBase ?? 3000,
    blockTimeSeconds: options.blockTimeSeconds ?? 1,
    replicas: options.replicas ?? 1,
    appsFolder: options.appsFolder ?? APPS_FOLDER,
    foreign: options.foreign ?? {},
  }
}

async function untilReady(
  supervisor: ChildProcess,
  ended: Promise<void>,
  onProgress: (message: string) => void,
): Promise<StackDescriptor> {
  return await new Promise((ready, fail) => {
    let why = 'The stack was stopped before it was ready'
    void ended.then(() => fail(new Error(why))) // not sooner, because the processes that it started stop first
    supervisor.on('message', (message: FromSupervisor) => {
      if (message.type === 'progress') onProgress(message.message)
      if (message.type === 'ready') ready(message.descriptor)
      if (message.type === 'failed') why = message.message
    })
  })
}

function send(supervisor: ChildProcess, message: ToSupervisor): void {
  if (supervisor.connected) supervisor.send(message)
}
