import { closeDataFolder, openDataFolder } from './data-folder'
import { ensureMerchant } from './demo-merchant'
import { describeStack } from './describe-stack'
import { layOutPorts, requireFreePorts } from './ports'
import { loadSecrets } from './secrets'
import { migrateDatabase } from './service-processes'
import { type StackDescriptor, writeDescriptor } from './stack-descriptor'
import type { StackOptions } from './stack-options'
import { startServers } from './stack-servers'
import { startServices } from './stack-services'
import type { StopList } from './stop-list'

export interface StackEvents {
  readonly onProgress: (message: string) => void
  readonly onChange: (descriptor: StackDescriptor) => void
}

/**
 * Starts everything in dependency order and keeps it running. Each part is in `stops` as soon as it is started, so that an
 * aborted start leaves nothing running.
 */
export async function runStack(options: StackOptions, events: StackEvents, stops: StopList): Promise<StackDescriptor> {
  const { dataFolder } = options
  openDataFolder(dataFolder, options.fresh)
  stops.add(async () => closeDataFolder(dataFolder))
  const ports = layOutPorts(options.portBase, options.replicas)
  await requireFreePorts(ports)
  const secrets = loadSecrets(dataFolder)

  let describe: (() => StackDescriptor) | null = null // null until everything is started
  const tell = () => {
    if (describe === null) return
    writeDescriptor(dataFolder, describe())
    events.onChange(describe())
  }
  const keeping = { onStart: tell, onDeath: events.onProgress }

  events.onProgress('Starting PostgreSQL, NATS and the chain')
  const servers = await startServers({ options, ports, secrets, keeping }, stops)
  const surroundings = servers.surroundings()
  events.onProgress('Applying the migrations')
  await migrateDatabase(surroundings)
  events.onProgress('Starting the services')
  const services = await startServices(surroundings, keeping, stops)
  const merchant = await ensureMerchant(services.apiUrl, secrets.admin_api_key, dataFolder)
  describe = () => describeStack({ servers, services, merchant, adminApiKey: secrets.admin_api_key })
  tell()
  return describe()
}
