import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '@ctrip/db/database'
import { migrate } from '@ctrip/db/migrate'
import { freePort } from '@ctrip/local-stack/free-port'
import { createTestDatabase } from '@ctrip/local-stack/test-database'
import { loadConfig } from '@ctrip/service/config'
import type { Service } from '@ctrip/service/run-service'
import { createLogger } from '@ctrip/telemetry/logger'
import { schema } from '../../src/config'
import { buildApi } from '../../src/service'
import { type ApiClient, apiClient } from './api-client'
import { CHAINS_YAML, TEST_XPUB } from './fixtures'
import { findServers } from './servers'

export const ADMIN_KEY = 'admin_0123456789abcdef'

export interface TestApi {
  readonly url: string
  readonly db: Database
  readonly databaseUrl: string
  readonly service: Service
  readonly admin: ApiClient
  readonly anonymous: ApiClient
  /** A new merchant, and a client with its key. */
  newMerchant(): Promise<ApiClient & { readonly id: string; readonly key: string }>
  close(): Promise<void>
}

/** The whole service as `main.ts` runs it, on a database of its own. */
export async function startTestApi(env: Readonly<Record<string, string>> = {}): Promise<TestApi> {
  const servers = await findServers()
  const database = await createTestDatabase(servers.postgresUrl)
  await migrate(database.url)
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-api-test-'))
  writeFileSync(join(folder, 'chains.yaml'), CHAINS_YAML)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const service = await build({
    DATABASE_URL: database.url,
    NATS_URL: servers.natsUrl,
    CHAINS_FILE: join(folder, 'chains.yaml'),
    DEPOSIT_XPUB: TEST_XPUB,
    SECRETS_KEY: 'ab'.repeat(32),
    ADMIN_API_KEY: ADMIN_KEY,
    PUBLIC_URL: url,
    PORT: String(port),
    HOST: '127.0.0.1',
    RATE_LIMIT_PER_MINUTE: '0',
    WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8',
    ...env,
  })
  await service.start()
  const db = openDatabase({ url: database.url, applicationName: 'test', poolSize: 4, slowQueryMs: 10_000 })
  const admin = apiClient(url, ADMIN_KEY)

  return {
    url,
    db,
    databaseUrl: database.url,
    service,
    admin,
    anonymous: apiClient(url, null),
    async newMerchant() {
      const merchant = await admin.post<{ id: string }>('/api/v1/admin/merchants', { name: 'Shop' })
      const { id } = merchant.body
      const { body } = await admin.post<{ key: string }>(`/api/v1/admin/merchants/${id}/api-keys`, {})
      return { ...apiClient(url, body.key), id, key: body.key }
    },
    async close() {
      await service.stop()
      await db.close()
      await database.drop()
      rmSync(folder, { recursive: true })
      await servers.stop()
    },
  }
}

async function build(env: Readonly<Record<string, string>>): Promise<Service> {
  const loaded = loadConfig(schema, env)
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'))
  const log = createLogger({ service: 'ctrip-api', level: 'silent' })
  return buildApi({ config: loaded.config, log, signal: new AbortController().signal })
}
