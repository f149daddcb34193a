import { isPortFree } from './free-port'

/** The services that use Postgres and NATS, and run in as many replicas as asked for. */
export const REPLICATED_SERVICES = ['api', 'scanner', 'sweeper', 'webhook-dispatcher'] as const
/** The signer runs once: its log has one writer. */
export const SERVICES = [...REPLICATED_SERVICES, 'signer'] as const
export type ServiceName = (typeof SERVICES)[number]
type ReplicatedService = (typeof REPLICATED_SERVICES)[number]

export interface ReplicaPorts {
  readonly http: number
  readonly ops: Record<ReplicatedService, number>
}

export interface Ports {
  /** One entry a replica; the first replica's API listens on the base port itself. */
  readonly replicas: readonly ReplicaPorts[]
  /** The signer's health and metrics. */
  readonly signer: number
  readonly postgres: number
  readonly nats: number
  readonly anvil: number
  readonly traces: number
  readonly inbox: number
}

/** Lays out consecutive ports from `base`: always the same for the same options. */
export function layOutPorts(base: number, replicas: number): Ports {
  let next = base
  const take = () => next++
  const replica = (): ReplicaPorts => ({
    http: take(),
    ops: { api: take(), scanner: take(), sweeper: take(), 'webhook-dispatcher': take() },
  })
  const first = replica()
  const servers = { postgres: take(), nats: take(), anvil: take(), traces: take(), inbox: take(), signer: take() }
  const others = Array.from({ length: replicas - 1 }, replica)
  return { replicas: [first, ...others], ...servers }
}

/** Below what the kernel hands out by itself; a step holds seven replicas. */
const BASES = { from: 20_000, step: 41, count: 300 }
const BASES_TRIED_MAX = 100

/** A base from which every port is free at this moment. Random, because other processes may search too. */
export async function freePortBase(replicas = 1): Promise<number> {
  for (let tried = 0; tried < BASES_TRIED_MAX; tried++) {
    const base = BASES.from + Math.floor(Math.random() * BASES.count) * BASES.step
    const free = await Promise.all(uses(layOutPorts(base, replicas)).map(([port]) => isPortFree(port)))
    if (free.every(Boolean)) return base
  }
  throw new Error(`none of ${BASES_TRIED_MAX} runs of ports was free`)
}

/** Throws one message that names every port which something else listens on. */
export async function requireFreePorts(ports: Ports): Promise<void> {
  const taken: string[] = []
  for (const [port, use] of uses(ports)) if (!(await isPortFree(port))) taken.push(`${port} (for ${use})`)
  if (taken.length === 0) return
  throw new Error(
    `In use by another program: port ${taken.join(', port ')}. Stop it, or choose others with --port-base.`,
  )
}

function uses({ replicas, ...servers }: Ports): [number, string][] {
  const ofServices = replicas.flatMap(({ http, ops }): [number, string][] => [
    [http, 'the API'],
    ...REPLICATED_SERVICES.map((service): [number, string] => [ops[service], `the ${service}'s health and metrics`]),
  ])
  return [...ofServices, ...Object.entries(servers).map(([use, port]): [number, string] => [port, use])]
}
