import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './free-port'
import { startProcess } from './managed-process'
import type { Server, ServerOptions } from './server'
import { serverFolder } from './server-folder'
import { findTool, NATS_SERVER, requireTools } from './system-tools'
import { untilReady } from './until-ready'

const READY_TIMEOUT_MS = 15_000
const STOP_TIMEOUT_MS = 8_000
const GREETING_TIMEOUT_MS = 1_000

export interface NatsOptions extends ServerOptions {
  /** A nats.conf, such as the one that is deployed; our addresses and folder override its own. */
  readonly configFile?: string
}

/** Starts nats-server with JetStream on 127.0.0.1; its streams live in `folder`/nats. */
export async function startNats(options: NatsOptions = {}): Promise<Server> {
  await requireTools([NATS_SERVER])
  const { folder, leave } = serverFolder(options.folder)
  const port = options.port ?? (await freePort())
  const child = await startProcess({
    name: 'nats-server',
    command: findTool(NATS_SERVER.command) ?? NATS_SERVER.command,
    args: ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(folder, 'nats'), ...(await configured(options))],
    cwd: folder,
    logFile: join(folder, 'logs', 'nats.log'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: STOP_TIMEOUT_MS,
  })
  await untilReady(child, READY_TIMEOUT_MS, () => greets(port))
  return { ...child, url: `nats://127.0.0.1:${port}`, stop: leave(child) }
}

async function configured({ configFile }: NatsOptions): Promise<string[]> {
  return configFile === undefined ? [] : ['-c', configFile, '-m', String(await freePort())]
}

/** NATS speaks first: an INFO line. It listens only after JetStream has recovered its streams. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(GREETING_TIMEOUT_MS, () => socket.destroy(new Error('no greeting')))
    socket.once('error', reject)
    socket.once('data', (bytes) => {
      socket.destroy()
      resolve(bytes.toString('utf8').startsWith('INFO'))
    })
  })
}
