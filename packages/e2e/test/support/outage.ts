import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import type { Gateway } from './gateway'

type Service = 'api' | 'scanner' | 'sweeper' | 'webhook-dispatcher'

/** Kills a service without warning, and waits until another process has taken its place. */
export async function killService(gateway: Gateway, service: Service): Promise<void> {
  const before = gateway.descriptor().services[service].pid
  process.kill(before, 'SIGKILL')
  await waitUntil(`a new ${service}`, 30_000, async () => {
    const { pid, ops_url } = gateway.descriptor().services[service]
    return pid !== before && (await fetch(`${ops_url}/readyz`)).ok
  })
}

/** Keeps a server down for this long: it is killed each time that it comes up. */
export async function keepDown(gateway: Gateway, server: 'postgres' | 'nats', ms: number): Promise<void> {
  const until = Date.now() + ms
  while (Date.now() < until) {
    kill(gateway.descriptor()[server].pid)
    await sleep(100)
  }
  await waitUntil('every service ready again', 60_000, async () => {
    const services = Object.values(gateway.descriptor().services)
    const answers = await Promise.all(services.map(({ ops_url }) => fetch(`${ops_url}/readyz`)))
    return answers.every(({ ok }) => ok)
  })
}

/** NATS comes back with nothing of what it knew: no stream, no consumer, no message. */
export async function wipeNats(gateway: Gateway): Promise<void> {
  const { pid } = gateway.descriptor().nats
  if (pid === null) throw new Error('not our NATS')
  process.kill(pid, 'SIGSTOP') // it must not write once more while its folder goes
  rmSync(join(gateway.dataFolder, 'nats'), { recursive: true, force: true })
  process.kill(pid, 'SIGKILL')
  await waitUntil('a new NATS', 30_000, async () => gateway.descriptor().nats.pid !== pid)
}

function kill(pid: number | null): void {
  try {
    if (pid !== null) process.kill(pid, 'SIGKILL')
  } catch {
    // Not up at this moment: down is what it should be.
  }
}
