import type { Merchant } from './demo-merchant'
import { SERVICES, type ServiceName } from './ports'
import type { ServiceDescriptor, StackDescriptor } from './stack-descriptor'
import type { Servers } from './stack-servers'
import type { Services } from './stack-services'

export interface RunningStack {
  readonly servers: Servers
  readonly services: Services
  readonly merchant: Merchant
  readonly adminApiKey: string
}

/** The current content of `stack.json`. */
export function describeStack({ servers, services, merchant, adminApiKey }: RunningStack): StackDescriptor {
  return {
    ready: true,
    api: { url: services.apiUrl },
    services: Object.fromEntries(SERVICES.map((name) => [name, describeService(name, services)])) as Record<
      ServiceName,
      ServiceDescriptor
    >,
    postgres: { url: servers.postgres.url, pid: servers.postgres.pid() },
    nats: { url: servers.nats.url, pid: servers.nats.pid() },
    chains: servers.chains.describe(),
    admin_api_key: adminApiKey,
    merchant,
    traces: { otlp_url: servers.traces.otlpUrl, query_url: servers.traces.queryUrl },
  }
}

function describeService(name: ServiceName, { replicas }: Services): ServiceDescriptor {
  const described = replicas
    .filter(({ service }) => service === name)
    .map(({ pid, url, opsUrl }) => ({ pid: pid(), ...(url !== undefined && { url }), ops_url: opsUrl }))
  const [first] = described
  if (!first) throw new Error(`no replica of ${name} was started`)
  return { pid: first.pid, ops_url: first.ops_url, replicas: described }
}
