import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StackDescriptor } from './stack-descriptor'
import { waitUntil } from './wait-until'

const KILL_EVERY_MS = 100
const NEW_NATS_TIMEOUT_MS = 60_000
const READYZ_TIMEOUT_MS = 6_000

type Descriptor = () => StackDescriptor

/** Keeps a server of a running stack down for this long: it is killed each time that it comes up. */
export async function keepServerDown(descriptor: Descriptor, server: 'postgres' | 'nats', ms: number): Promise<void> {
  const until = Date.now() + ms
  do {
    signal(descriptor()[server].pid, 'SIGKILL')
    await sleep(KILL_EVERY_MS)
  } while (Date.now() < until)
}

/** Restarts NATS without its data: no stream, no consumer, no message. */
export async function wipeNats(descriptor: Descriptor, dataFolder: string): Promise<void> {
  const { pid } = descriptor().nats
  if (pid === null) throw new Error('not our NATS')
  process.kill(pid, 'SIGSTOP') // it must not write once more while its folder goes
  rmSync(join(dataFolder, 'nats'), { recursive: true, force: true })
  process.kill(pid, 'SIGKILL')
  await waitUntil('a new NATS', NEW_NATS_TIMEOUT_MS, async () => descriptor().nats.pid !== pid)
}

export function signal(pid: number | null, name: NodeJS.Signals): void {
  try {
    if (pid !== null) process.kill(pid, name)
  } catch {
    // It is down at this moment, because it is being restarted.
  }
}

/** Whether every replica says so itself; throws while one cannot be asked. */
export async function allReady(descriptor: Descriptor): Promise<boolean> {
  const replicas = Object.values(descriptor().services).flatMap((service) => service.replicas)
  const answers = await Promise.all(
    replicas.map(({ ops_url }) => fetch(`${ops_url}/readyz`, { signal: AbortSignal.timeout(READYZ_TIMEOUT_MS) })),
  )
  return answers.every(({ ok }) => ok)
}
