import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@ctrip/local-stack/free-port'
import type { ManagedProcess } from '@ctrip/local-stack/managed-process'
import { APPS_FOLDER, startApp } from '@ctrip/local-stack/start-app'
import { untilReady } from '@ctrip/local-stack/until-ready'
import { startServers } from '../lab/servers'
import { makeWorld, SECRETS_KEY, type World } from './world'

const READY_TIMEOUT_MS = 20_000

/** Fifty receivers in a process of their own, an endpoint on each, and the dispatcher. */
export interface DeliveryLab {
  readonly world: World
  readonly ports: readonly number[]
  /** The requests that the receivers got so far. */
  counts(): Promise<{ requests: number; connections: number }>
  /** The service as deployed, once it is ready. */
  startDispatcher(environment?: Readonly<Record<string, string>>): Promise<ManagedProcess>
  stop(): Promise<void>
}

export async function openDeliveryLab(): Promise<DeliveryLab> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-bench-webhooks-'))
  const servers = await startServers()
  const receiver = fork(join(__dirname, 'receiver.js'))
  const { ports } = await message<{ ports: number[] }>(receiver)
  const world = await makeWorld(servers.postgresUrl, servers.natsUrl, ports)
  return {
    world,
    ports,
    counts() {
      receiver.send('counts')
      return message(receiver)
    },
    async startDispatcher(environment = {}) {
      const port = await freePort()
      const dispatcher = await startApp({
        folder: join(APPS_FOLDER, 'webhook-dispatcher'),
        name: 'webhook-dispatcher',
        env: {
          ...{ PATH: process.env['PATH'], DATABASE_URL: servers.postgresUrl, NATS_URL: servers.natsUrl },
          ...{ SECRETS_KEY, OPS_PORT: String(port), WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8' },
          ...environment,
        },
        logFile: join(folder, 'dispatcher.log'),
      })
      const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok
      await untilReady(dispatcher, READY_TIMEOUT_MS, ready)
      return dispatcher
    },
    async stop() {
      await world.close()
      receiver.disconnect()
      await servers.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The next message of a child process. */
export async function message<T>(child: ChildProcess): Promise<T> {
  const [value] = (await once(child, 'message')) as [T]
  return value
}
