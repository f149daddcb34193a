import { setTimeout as sleep } from 'node:timers/promises'
import { type KeepRunningEvents, type KeptProcess, keepRunning } from './keep-running'
import type { ManagedProcess } from './managed-process'
import { REPLICATED_SERVICES, SERVICES } from './ports'
import { type Replica, replicaOf, type ServiceSurroundings, startReplica } from './service-processes'
import type { StopList } from './stop-list'
import { untilReady } from './until-ready'

const READY_TIMEOUT_MS = 60_000
const PROBE_TIMEOUT_MS = 2_000
const LAST_BLOCK_MS = 500

export interface RunningReplica extends Replica {
  readonly pid: () => number
}

export interface Services {
  readonly apiUrl: string
  readonly replicas: readonly RunningReplica[]
}

/** Starts every replica of every service at once, and resolves when all of them are ready. */
export async function startServices(
  around: ServiceSurroundings,
  keeping: KeepRunningEvents<ManagedProcess>,
  stops: StopList,
): Promise<Services> {
  const group = stops.together()
  // Mining stops before the scanner does, because later blocks could not be traced after a restart of Anvil.
  stops.add(async () => {
    await around.pauseChain()
    await sleep(LAST_BLOCK_MS)
  })
  const planned = around.ports.replicas.flatMap((_, index) =>
    (index === 0 ? SERVICES : REPLICATED_SERVICES).map((name) => replicaOf(name, index, around.ports)),
  )
  const replicas = await Promise.all(
    planned.map(async (replica): Promise<RunningReplica> => {
      const kept = await keepRunning(() => startReplica(replica, around), keeping)
      group.add(kept.stop)
      await firstReady(kept, replica)
      return { ...replica, pid: () => kept.current().pid }
    }),
  )
  return { apiUrl: replicaOf('api', 0, around.ports).url ?? '', replicas }
}

/**
 * Only the first start is awaited, and must succeed. Later, a service that is not ready is left running: it may be waiting for
 * Postgres, and a kill would not help.
 */
async function firstReady(kept: KeptProcess<ManagedProcess>, { opsUrl }: Replica): Promise<void> {
  await untilReady(kept.current(), READY_TIMEOUT_MS, async () => {
    const response = await fetch(`${opsUrl}/readyz`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
    if (!response.ok) throw new Error(`/readyz: ${(await response.text()).slice(0, 500)}`)
    return true
  })
}
