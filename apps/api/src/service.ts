import { hostname } from 'node:os'
import { depositAddress, walletFingerprint } from '@ctrip/chain/addresses'
import { findKeyHolder } from '@ctrip/db/api-keys'
import type { Database } from '@ctrip/db/database'
import { keepLease } from '@ctrip/db/lease-keeper'
import { takeAddressIndex, takeAddressIndexes } from '@ctrip/db/new-payments'
import { outboxStore } from '@ctrip/db/outbox'
import { openSecretBox } from '@ctrip/db/secret-box'
import { checkDatabase, openServiceDatabase } from '@ctrip/db/service-database'
import { adoptWallet } from '@ctrip/db/wallets'
import { type Bus, connectBus } from '@ctrip/events/bus'
import { outboxRelay, RELAY_LEASE } from '@ctrip/events/relay'
import type { Service, ServiceContext } from '@ctrip/service/run-service'
import { StartupError } from '@ctrip/service/startup-error'
import { type StopStack, stopStack } from '@ctrip/service/stop-stack'
import type { Logger } from '@ctrip/telemetry/logger'
import { type AppDeps, createApp } from './app'
import type { ApiConfig } from './config'
import { depositWallet } from './deposit-wallet'
import { authenticator } from './http/authenticate'
import { rateLimit } from './http/rate-limit'
import { type KeyUse, keyUse } from './key-use'
import { listen } from './listen'
import { dependencyDuration } from './metrics'
import { pruneAnswers } from './prune-answers'
import { webhookUrlPolicy } from './webhook-url'

const NAME = 'ctrip-api'

export async function buildApi({ config, log }: ServiceContext<ApiConfig>): Promise<Service> {
  const stop = stopStack(log)
  const db = await openServiceDatabase({
    url: config.DATABASE_URL,
    service: NAME,
    poolSize: config.DATABASE_POOL_SIZE,
    slowQueryMs: config.SLOW_QUERY_MS,
    log,
  })
  stop.push('database', db.close)
  const bus = connectBus({ url: config.NATS_URL, name: NAME, log })
  stop.push('nats', bus.close)
  const used = keyUse(db, log)
  const app = createApp(appDeps({ config, log, db, bus, used }))

  return {
    checks: [
      { name: 'database', required: true, probe: () => checkDatabase(db) },
      // Without NATS payments are made all the same: their events wait in the outbox.
      { name: 'nats', required: false, probe: (signal) => timedPing(bus, signal) },
    ],
    async start() {
      await requireOurWallet(db, config)
      await startRelay(db, bus, log, stop)
      for (const [name, loop] of [
        ['key use', used.loop],
        ['prune answers', pruneAnswers(db, log)],
      ] as const) {
        loop.start()
        stop.push(name, loop.stop)
      }
      const server = await listen(app, { port: config.PORT, host: config.HOST })
      stop.push('http', server.close)
      log.info({ port: server.port }, 'http.listening')
    },
    stop: stop.stopAll,
  }
}

interface Parts {
  readonly config: ApiConfig
  readonly log: Logger
  readonly db: Database
  readonly bus: Bus
  readonly used: KeyUse
}

function appDeps({ config, log, db, bus, used }: Parts): AppDeps {
  const { DEPOSIT_XPUB: xpub, PUBLIC_URL: publicUrl } = config
  return {
    log,
    db,
    publicUrl,
    docsUrl: `${publicUrl}/docs`,
    chains: config.CHAINS_FILE,
    secretBox: openSecretBox(config.SECRETS_KEY),
    urlPolicy: webhookUrlPolicy(config.WEBHOOK_ALLOWED_CIDRS),
    rateLimit: rateLimit(config.RATE_LIMIT_PER_MINUTE),
    wakeRelay: bus.wakeRelay,
    authenticate: authenticator({
      adminApiKey: config.ADMIN_API_KEY,
      findHolder: (hash) => findKeyHolder(db, hash),
      onUse: used.note,
    }),
    wallet: depositWallet({
      fingerprint: walletFingerprint(xpub),
      takeIndexes: (count) => takeAddressIndexes(db, count),
      takeIndex: takeAddressIndex,
      derive: (index) => depositAddress(xpub, index),
      onRefillFailed: (err) => log.warn({ err }, 'addresses.refill_failed'),
    }),
  }
}

/** An address that the sweeper's keys cannot spend from would be lost money. */
async function requireOurWallet(db: Database, config: ApiConfig): Promise<void> {
  if (await adoptWallet(db, walletFingerprint(config.DEPOSIT_XPUB))) return
  throw new StartupError([
    'DEPOSIT_XPUB: is not the wallet that this database has issued addresses of; restore its xpub, or use another database',
  ])
}

async function startRelay(db: Database, bus: Bus, log: Logger, stop: StopStack): Promise<void> {
  const keeper = keepLease(db, {
    name: RELAY_LEASE,
    owner: `api@${hostname()}:${process.pid}`,
    onError: (err) => log.warn({ err }, 'outbox.lease_failed'),
  })
  await keeper.start()
  stop.push('relay lease', keeper.stop)
  const relay = outboxRelay({ store: outboxStore(db), bus, keeper, log })
  relay.start()
  stop.push('relay', relay.stop)
}

async function timedPing(bus: Bus, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now()
  await bus.ping(signal)
  dependencyDuration.observe({ dependency: 'nats' }, (performance.now() - startedAt) / 1000)
}
