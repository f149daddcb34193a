import { hostname } from 'node:os'
import { walletFingerprint } from '@ctrip/chain/addresses'
import type { Database } from '@ctrip/db/database/database'
import { checkDatabase, openServiceDatabase } from '@ctrip/db/database/service-database'
import { savePublicUrl } from '@ctrip/db/payments/public-url'
import { adoptWallet } from '@ctrip/db/payments/wallets'
import { type Bus, connectBus } from '@ctrip/events/bus'
import type { Service, ServiceContext } from '@ctrip/service/run-service'
import { StartupError } from '@ctrip/service/startup-error'
import { stopStack } from '@ctrip/service/stop-stack'
import { standbyRelay } from '@ctrip/use-cases/standby-relay'
import { addressSupply } from './address-supply'
import { createApp } from './app'
import { appDeps } from './app-deps'
import type { ApiConfig } from './config'
import { keyUse } from './key-use'
import { listen } from './listen'
import { dependencyDuration } from './metrics'
import { pruneAnswers } from './prune-answers'

const NAME = 'ctrip-api'
// Somebody waits for the answer: told after these to come back, not left to guess. A healthy statement takes milliseconds.
const LOCK_TIMEOUT_MS = 3_000
const STATEMENT_TIMEOUT_MS = 10_000

export async function buildApi({ config, log }: ServiceContext<ApiConfig>): Promise<Service> {
  const stop = stopStack(log)
  const db = await openServiceDatabase({
    url: config.DATABASE_URL,
    service: NAME,
    poolSize: config.DATABASE_POOL_SIZE,
    slowQueryMs: config.SLOW_QUERY_MS,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    log,
  })
  stop.push('database', db.close)
  const bus = connectBus({ url: config.NATS_URL, name: NAME, log })
  stop.push('nats', bus.close)
  const used = keyUse(db, log)
  const deps = appDeps(config, { log, db, wakeRelay: bus.wakeRelay, noteKeyUse: used.note })
  const app = createApp(deps)

  return {
    checks: [
      { name: 'database', required: true, probe: () => checkDatabase(db) },
      // Without NATS payments are made all the same: their events wait in the outbox.
      { name: 'nats', required: false, probe: (signal) => timedPing(bus, signal) },
    ],
    async start() {
      await requireOurWallet(db, config)
      await db.query('public_url.save', (prisma) => savePublicUrl(prisma, config.PUBLIC_URL))
      const relay = standbyRelay({ db, bus, owner: `api@${hostname()}:${process.pid}`, log })
      await relay.start()
      stop.push('relay', relay.stop)
      for (const [name, loop] of [
        ['key use', used.loop],
        ['prune answers', pruneAnswers(db, log)],
        ['address supply', addressSupply(db, log)],
        ['checkout', deps.checkout.loop],
      ] as const) {
        loop.start()
        stop.push(name, loop.stop)
      }
      const server = await listen(app, { port: config.PORT, host: config.HOST, refuse: deps })
      stop.push('http', server.close)
      stop.push('checkout streams', deps.checkout.endStreams)
      log.info({ port: server.port }, 'http.listening')
    },
    stop: stop.stopAll,
  }
}

/** An address that the sweeper's keys cannot spend from would be lost money. */
async function requireOurWallet(db: Database, config: ApiConfig): Promise<void> {
  if (await adoptWallet(db, walletFingerprint(config.DEPOSIT_XPUB))) return
  throw new StartupError([
    'DEPOSIT_XPUB: is not the wallet that this database has issued addresses of; restore its xpub, or use another database',
  ])
}

async function timedPing(bus: Bus, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now()
  await bus.ping(signal)
  dependencyDuration.observe({ dependency: 'nats' }, (performance.now() - startedAt) / 1000)
}
