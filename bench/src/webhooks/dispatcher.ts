import { join } from 'node:path'
import { freePort } from '@ctrip/local-stack/free-port'
import { type ManagedProcess, startProcess } from '@ctrip/local-stack/managed-process'
import { startArguments } from '@ctrip/local-stack/start-arguments'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { SECRETS_KEY } from './world'

const APP = join(__dirname, '..', '..', '..', 'apps', 'webhook-dispatcher')

/** The service as deployed, once it is ready. */
export async function startDispatcher(
  folder: string,
  databaseUrl: string,
  natsUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ManagedProcess> {
  const port = await freePort()
  const dispatcher = await startProcess({
    name: 'webhook-dispatcher',
    command: process.execPath,
    args: startArguments(APP),
    cwd: APP,
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl,
      NATS_URL: natsUrl,
      SECRETS_KEY,
      OPS_PORT: String(port),
      WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8',
      ...environment,
    },
    logFile: join(folder, 'dispatcher.log'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 22_000,
  })
  await waitUntil('the dispatcher', 20_000, async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok)
  return dispatcher
}
