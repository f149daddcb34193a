import { allReady, keepServerDown } from '@ctrip/local-stack/outages'
import type { ServiceName } from '@ctrip/local-stack/ports'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import type { Gateway } from './gateway'

/** Kills a service without warning, and waits until another process has taken its place. */
export async function killService(gateway: Gateway, service: ServiceName): Promise<void> {
  const before = gateway.descriptor().services[service].pid
  process.kill(before, 'SIGKILL')
  await waitUntil(`a new ${service}`, 30_000, async () => {
    const { pid, ops_url } = gateway.descriptor().services[service]
    return pid !== before && (await fetch(`${ops_url}/readyz`)).ok
  })
}

/** Keeps a server down for this long, and waits until every service is ready with it again. */
export async function keepDown({ descriptor }: Gateway, server: 'postgres' | 'nats', ms: number): Promise<void> {
  await keepServerDown(descriptor, server, ms)
  await waitUntil('every service ready again', 60_000, () => allReady(descriptor))
}

/** Runs work while a process is frozen: it exists and does not respond. */
export async function whileFrozen(pid: number | null | undefined, work: () => Promise<void>): Promise<void> {
  if (typeof pid !== 'number') throw new Error('not a process of ours')
  process.kill(pid, 'SIGSTOP')
  try {
    await work()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}
