import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, openDatabase } from '@ctrip/db/database/database'
import { migrate } from '@ctrip/db/schema/migrate'
import { type EventId, idFromUuid, idToUuid } from '@ctrip/domain/ids'
import { freePort } from '@ctrip/local-stack/free-port'
import { createTestDatabase } from '@ctrip/local-stack/test-database'
import type { Service } from '@ctrip/service/run-service'
import { loadConfig } from '@ctrip/settings/config'
import { createLogger } from '@ctrip/telemetry/logger'
import { createApp } from '../../src/app'
import { appDeps } from '../../src/app-deps'
import { type ApiConfig, schema } from '../../src/config'
import { listen } from '../../src/listen'
import { buildApi } from '../../src/service'
import { type ApiClient, apiClient } from './api-client'
import { CHAINS_YAML, passAssetChecks, TEST_SETTINGS } from './fixtures'
import { type MerchantClient, newMerchant } from './new-merchant'
import { findServers, type Servers } from './servers'

const ADMIN_KEY = TEST_SETTINGS.ADMIN_API_KEY

export interface TestApi {
  readonly url: string
  readonly config: ApiConfig
  readonly service: Service
  readonly db: Database
  readonly admin: ApiClient
  readonly anonymous: ApiClient
  /** A new merchant, and a client with its key. */
  newMerchant(): Promise<MerchantClient>
  /** The merchant's published events, oldest first, once there are this many. */
  eventsOf(merchant: MerchantClient, count?: number): Promise<{ id: EventId }[]>
  /** Another process would do the same: it shares nothing but the database. */
  startReplica(): Promise<Replica>
  close(): Promise<void>
}

export interface Replica {
  as(merchant: MerchantClient): ApiClient
  stop(): Promise<void>
}

/** The whole service as `main.ts` runs it, on a database of its own. */
export async function startTestApi(
  env: Readonly<Record<string, string>> = {},
  given: Omit<Servers, 'stop'> | null = null,
): Promise<TestApi> {
  const servers = given === null ? await findServers() : { ...given, stop: async () => undefined }
  const database = await createTestDatabase(servers.postgresUrl)
  await migrate(database.url)
  await passAssetChecks(database.url)
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-api-test-'))
  writeFileSync(join(folder, 'chains.yaml'), CHAINS_YAML)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const config = configOf({
    DATABASE_URL: database.url,
    NATS_URL: servers.natsUrl,
    CHAINS_FILE: join(folder, 'chains.yaml'),
    PUBLIC_URL: url,
    PORT: String(port),
    ...env,
  })
  const service = await buildApi({ config, log: LOG, signal: new AbortController().signal })
  await service.start()
  const db = openTestDatabase(database.url)
  const admin = apiClient(url, ADMIN_KEY)

  return {
    url,
    config,
    service,
    db,
    admin,
    anonymous: apiClient(url, null),
    newMerchant: () => newMerchant(url, admin),
    eventsOf: (merchant, count = 1) => untilPublished(db, merchant, count),
    startReplica: () => startReplica(config),
    async close() {
      await service.stop()
      await db.close()
      await database.drop()
      rmSync(folder, { recursive: true })
      await servers.stop()
    },
  }
}

async function untilPublished(db: Database, merchant: MerchantClient, count: number): Promise<{ id: EventId }[]> {
  const where = { merchant_id: idToUuid(merchant.id), position: { not: null } }
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) {
    const rows = await db.prisma.events.findMany({ where, orderBy: { position: 'asc' } })
    if (rows.length >= count) return rows.map(({ id }) => ({ id: idFromUuid('event', id) }))
  }
  throw new Error(`fewer than ${count} events were published within 10 s`)
}

async function startReplica(config: ApiConfig): Promise<Replica> {
  const db = openTestDatabase(config.DATABASE_URL)
  const nothing = (): void => undefined
  const deps = appDeps(config, { log: LOG, db, wakeRelay: nothing, noteKeyUse: nothing })
  const server = await listen(createApp(deps), { port: 0, host: '127.0.0.1', refuse: deps })
  return {
    as: ({ key }) => apiClient(`http://127.0.0.1:${server.port}`, key),
    async stop() {
      await server.close()
      await db.close()
    },
  }
}

function configOf(env: Readonly<Record<string, string>>): ApiConfig {
  const loaded = loadConfig(schema, { ...TEST_SETTINGS, ...env })
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'))
  return loaded.config
}

function openTestDatabase(url: string): Database {
  return openDatabase({ url, applicationName: 'test', poolSize: 4, slowQueryMs: 10_000 })
}

const LOG = createLogger({ service: 'ctrip-api', level: 'silent' })
