import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keepServerDown, signal, wipeNats } from '@ctrip/local-stack/outages'
import { SERVICES } from '@ctrip/local-stack/ports'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { Client } from 'pg'
import { jsonRpc, toHex } from './json-rpc'
import type { Random } from './random'
import { untilRecovered } from './recovery'
import { reorg } from './reorg'
import type { TrafficDeps } from './traffic'
import type { World } from './world'

const PAUSE_MS = { min: 2_000, max: 7_000 }

const FAULTS = {
  kill_service: killService,
  freeze_service: freezeService,
  kill_postgres: killPostgres,
  cut_connections: cutConnections,
  kill_nats: killNats,
  wipe_nats: loseNatsData,
  reorg_main: async (world: World, random: Random) => reorg(world.main, random),
  reorg_side: async (world: World, random: Random) => reorg(world.side, random),
  gas_spike: spikeGas,
} as const
export type Fault = keyof typeof FAULTS

const WEIGHTS: Readonly<Record<Fault, number>> = {
  kill_service: 30,
  freeze_service: 15,
  kill_postgres: 8,
  cut_connections: 8,
  kill_nats: 8,
  wipe_nats: 5,
  reorg_main: 20,
  reorg_side: 6,
  gas_spike: 4,
}

export interface Recovery {
  readonly fault: Fault
  readonly detail: string
  readonly startedAt: number
  /** Time from the fault's end until a payment is processed; null if that took too long. */
  readonly recoveredMs: number | null
}

/** Causes random faults, one after the other, until the time is over. */
export async function runFaults(
  world: World,
  traffic: TrafficDeps,
  random: Random,
  until: number,
  onFault: (recovery: Recovery) => void,
): Promise<void> {
  while (Date.now() < until) {
    await sleep(random.between(PAUSE_MS.min, PAUSE_MS.max))
    const fault = random.weighted(WEIGHTS)
    const startedAt = Date.now()
    const detail = await FAULTS[fault](world, random)
    const recoveredMs = await untilRecovered(world, traffic)
    onFault({ fault, detail, startedAt, recoveredMs })
  }
}

async function killService(world: World, random: Random): Promise<string> {
  const { name, pid } = someService(world, random)
  signal(pid, 'SIGKILL')
  await waitUntil(`${name} dead`, 10_000, async () => !pids(world).includes(pid))
  return name
}

/** Longer than a lease, so that another replica takes over while the frozen one still believes that it leads. */
async function freezeService(world: World, random: Random): Promise<string> {
  const { name, pid } = someService(world, random)
  const ms = random.between(1_000, 8_000)
  signal(pid, 'SIGSTOP')
  await sleep(ms)
  signal(pid, 'SIGCONT')
  return `${name} for ${ms} ms`
}

function someService(world: World, random: Random): { name: string; pid: number } {
  const name = random.pick(SERVICES)
  return { name, pid: random.pick(world.stack.descriptor().services[name].replicas).pid }
}

function pids(world: World): number[] {
  return SERVICES.flatMap((name) => world.stack.descriptor().services[name].replicas.map(({ pid }) => pid))
}

async function killPostgres(world: World, random: Random): Promise<string> {
  return keepDown(world, 'postgres', random.between(0, 5_000))
}

async function killNats(world: World, random: Random): Promise<string> {
  return keepDown(world, 'nats', random.between(0, 8_000))
}

async function keepDown({ stack }: World, server: 'postgres' | 'nats', ms: number): Promise<string> {
  await keepServerDown(stack.descriptor, server, ms)
  return `for ${ms} ms`
}

async function cutConnections(world: World): Promise<string> {
  const client = new Client({ connectionString: world.stack.descriptor().postgres.url })
  await client.connect()
  const { rowCount } = await client.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = $1',
    ['client backend'],
  )
  await client.end()
  return `${rowCount} to Postgres`
}

async function loseNatsData({ stack, folder }: World): Promise<string> {
  await wipeNats(stack.descriptor, join(folder, 'stack'))
  return 'all data gone'
}

async function spikeGas(world: World, random: Random): Promise<string> {
  const gwei = random.between(50, 400)
  await jsonRpc(world.main.nodeUrl, 'anvil_setNextBlockBaseFeePerGas', toHex(BigInt(gwei) * 10n ** 9n))
  return `${gwei} gwei`
}
