import { type KeptProcess, keepRunning } from './keep-running'
import { type LocatedChains, locateChains } from './locate-chains'
import type { ManagedProcess } from './managed-process'
import { startNats } from './nats'
import { startPostgres } from './postgres'
import type { ServerPlan } from './server-plan'
import type { ServiceSurroundings } from './service-processes'
import type { StopList } from './stop-list'
import { startTraceSink, type TraceSink } from './trace-sink'

/** Where a server is: ours, or (pid null) the one that the user named. */
export interface Located {
  readonly url: string
  readonly pid: () => number | null
}

export interface Servers {
  readonly postgres: Located
  readonly nats: Located
  readonly chains: LocatedChains
  readonly traces: TraceSink
  readonly surroundings: () => ServiceSurroundings
}

/** Starts, side by side, what the services need and the user does not provide. */
export async function startServers(plan: ServerPlan, stops: StopList): Promise<Servers> {
  const { options, ports } = plan
  const { databaseUrl, natsUrl } = options.foreign
  const folder = options.dataFolder
  const group = stops.together()
  const locate = async (url: string | undefined, start: () => Promise<ManagedProcess & { url: string }>) => {
    if (url !== undefined) return { url, pid: () => null }
    const kept = await keepRunning(start, plan.keeping)
    group.add(kept.stop)
    return here(kept)
  }
  const [postgres, nats, chains, traces] = await Promise.all([
    locate(databaseUrl, () => startPostgres({ folder, port: ports.postgres, durable: true })),
    locate(natsUrl, () => startNats({ folder, port: ports.nats })),
    locateChains(plan, group),
    startTraceSink(ports.traces),
  ])
  group.add(traces.stop)
  const servers = { postgres, nats, chains, traces }
  return { ...servers, surroundings: () => surroundings(plan, servers) }
}

function here(kept: KeptProcess<ManagedProcess & { url: string }>): Located {
  return { url: kept.current().url, pid: () => kept.current().pid }
}

function surroundings(plan: ServerPlan, servers: Omit<Servers, 'surroundings'>): ServiceSurroundings {
  const { options, ports, secrets } = plan
  return {
    appsFolder: options.appsFolder,
    dataFolder: options.dataFolder,
    ports,
    databaseUrl: servers.postgres.url,
    databaseRoles: options.foreign.databaseUrl === undefined,
    natsUrl: servers.nats.url,
    chainsFile: servers.chains.chainsFile,
    pauseChain: servers.chains.pause,
    depositMnemonic: servers.chains.depositMnemonic,
    gasWalletPrivateKey: servers.chains.gasWalletPrivateKey,
    secretsKey: secrets.secrets_key,
    adminApiKey: secrets.admin_api_key,
    otlpUrl: servers.traces.otlpUrl,
  }
}
