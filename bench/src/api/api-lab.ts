import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recordAssetCheck } from '@ctrip/db/chains/asset-checks'
import { openDatabase } from '@ctrip/db/database/database'
import { migrate } from '@ctrip/db/schema/migrate'
import { parseAddress } from '@ctrip/domain/address'
import { assert } from '@ctrip/domain/assert'
import { newMnemonic } from '@ctrip/local-stack/anvil'
import { writeChainsFile } from '@ctrip/local-stack/chains-file'
import { freePort } from '@ctrip/local-stack/free-port'
import { accountXpub } from '@ctrip/local-stack/secrets'
import { APPS_FOLDER, startApp } from '@ctrip/local-stack/start-app'
import { untilReady } from '@ctrip/local-stack/until-ready'
import { startServers } from '../lab/servers'
import type { LoadTarget } from './load'

const READY_TIMEOUT_MS = 20_000
const NO_NODE = 'http://127.0.0.1:1'
const TREASURY = '0x059c59067AA3981662840F624020395C5220fEd2'
const TOKEN = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
export const ORDER = JSON.stringify({ chain: 'anvil', asset: 'USDC', amount: '1500000', metadata: { order: '1017' } })
export const JSON_TYPE = { 'content-type': 'application/json' }

export interface Api {
  /** With an Idempotency-Key, as the SDK sends it. */
  readonly createPayment: LoadTarget
  readonly pid: number
  stop(): Promise<void>
}

/** A database, and APIs on it as they are run in production. */
export interface ApiLab {
  readonly folder: string
  readonly databaseUrl: string
  startApi(name: string, environment: Readonly<Record<string, string>>): Promise<Api>
  stop(): Promise<void>
}

export async function openApiLab(): Promise<ApiLab> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-bench-'))
  const servers = await startServers()
  await migrate(servers.postgresUrl)
  const chainsFile = join(folder, 'chains.yaml')
  await passAssetCheck(servers.postgresUrl)
  writeChainsFile(chainsFile, { rpcUrl: NO_NODE, blockTimeSeconds: 1, treasury: TREASURY, token: TOKEN })
  const adminKey = randomBytes(24).toString('hex')
  const shared = {
    ...{ PATH: process.env['PATH'], NODE_ENV: 'production', RATE_LIMIT_PER_MINUTE: '10000000' },
    ...{ MAX_OPEN_PAYMENTS: '2000000000', MAX_PAYMENTS_PER_DAY: '2000000000' },
    ...{ DATABASE_URL: servers.postgresUrl, NATS_URL: servers.natsUrl, CHAINS_FILE: chainsFile },
    ...{ DEPOSIT_XPUB: accountXpub(newMnemonic()), SECRETS_KEY: randomBytes(32).toString('hex') },
    ADMIN_API_KEY: adminKey,
  }
  return {
    folder,
    databaseUrl: servers.postgresUrl,
    async startApi(name, environment) {
      const [port, opsPort] = [await freePort(), await freePort()]
      const url = `http://127.0.0.1:${port}`
      const own = { PUBLIC_URL: url, PORT: String(port), OPS_PORT: String(opsPort), ...environment }
      const logFile = join(folder, `${name}.log`)
      const api = await startApp({ folder: join(APPS_FOLDER, 'api'), name, env: { ...shared, ...own }, logFile })
      await untilReady(api, READY_TIMEOUT_MS, async () => (await fetch(`${url}/health`)).ok)
      return { createPayment: createPayment(url, await newMerchantKey(url, adminKey)), pid: api.pid, stop: api.stop }
    },
    async stop() {
      await servers.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

function createPayment(origin: string, merchantKey: string): LoadTarget {
  const headers = { ...JSON_TYPE, authorization: `Bearer ${merchantKey}` }
  return {
    ...{ origin, path: '/api/v1/payments', body: ORDER },
    headers: () => ({ ...headers, 'idempotency-key': randomUUID() }),
  }
}

async function newMerchantKey(apiUrl: string, adminKey: string): Promise<string> {
  const post = async (path: string, body: object): Promise<{ id: string; key: string }> => {
    const headers = { ...JSON_TYPE, authorization: `Bearer ${adminKey}` }
    const url = `${apiUrl}/api/v1/admin/merchants${path}`
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    if (response.status !== 201) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as { id: string; key: string }
  }
  const { id } = await post('', { name: 'Bench' })
  return (await post(`/${id}/api-keys`, {})).key
}

/** As the scanner would have found the token. */
async function passAssetCheck(url: string): Promise<void> {
  const contract = parseAddress(TOKEN)
  assert(contract !== null, 'the token has an address')
  const db = openDatabase({ url, applicationName: 'bench', poolSize: 1, slowQueryMs: 10_000 })
  await recordAssetCheck(db, 31_337, { contract, decimals: 6, verdict: 'ok', reason: null })
  await db.close()
}
