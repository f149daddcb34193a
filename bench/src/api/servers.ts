import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from '@ctrip/db/schema/migrate'
import { newMnemonic } from '@ctrip/local-stack/anvil'
import { writeChainsFile } from '@ctrip/local-stack/chains-file'
import { freePort } from '@ctrip/local-stack/free-port'
import { startProcess } from '@ctrip/local-stack/managed-process'
import { startNats } from '@ctrip/local-stack/nats'
import { startPostgres } from '@ctrip/local-stack/postgres'
import { accountXpub } from '@ctrip/local-stack/secrets'
import { Client } from 'pg'
import { startDrain, tracesTo } from '../telemetry/trace-drain'

interface RunningApi {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

export interface Servers {
  /** The API, as it is run in production, exporting its traces. */
  readonly apiUrl: string
  readonly apiPid: number
  /** Another one beside it, on the same database, with settings of its own. */
  startApi(name: string, environment: Readonly<Record<string, string>>): Promise<RunningApi>
  readonly bareUrl: string
  readonly merchantKey: string
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 20_000
const API_FOLDER = resolve(__dirname, '../../../apps/api')
const ADDRESS = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

export async function startServers(): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-bench-'))
  const [postgres, nats, sink] = await Promise.all([startPostgres({ durable: true }), startNats(), startDrain()])
  await prepare(postgres.url)
  const barePort = await freePort()
  const chainsFile = join(folder, 'chains.yaml')
  writeChainsFile(chainsFile, {
    rpcUrl: 'http://127.0.0.1:1',
    blockTimeSeconds: 1,
    treasury: ADDRESS,
    token: ADDRESS_OF_TOKEN,
  })
  const adminKey = randomBytes(24).toString('hex')
  const keys = {
    DEPOSIT_XPUB: accountXpub(newMnemonic()),
    SECRETS_KEY: randomBytes(32).toString('hex'),
    ADMIN_API_KEY: adminKey,
  }
  const run = (name: string, args: string[], cwd: string, env: Record<string, string>) =>
    startProcess({
      name,
      command: process.execPath,
      args,
      cwd,
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', DATABASE_URL: postgres.url, ...env },
      logFile: join(folder, `${name}.log`),
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 22_000,
    })
  const startApi: Servers['startApi'] = async (name, environment) => {
    const [port, opsPort] = [await freePort(), await freePort()]
    const url = `http://127.0.0.1:${port}`
    const api = await run(name, ['--require', './dist/instrument.js', 'dist/main.js'], API_FOLDER, {
      ...{ NATS_URL: nats.url, CHAINS_FILE: chainsFile, ...keys },
      ...{ PUBLIC_URL: url, PORT: String(port), OPS_PORT: String(opsPort), RATE_LIMIT_PER_MINUTE: '10000000' },
      ...environment,
    })
    await untilAnswers(`${url}/health`, api.logTail)
    return { url, pid: api.pid, stop: api.stop }
  }
  const api = await startApi('api', tracesTo(sink.url))
  const bare = await run('bare', [join(__dirname, 'bare-express.js')], __dirname, { PORT: String(barePort) })
  await untilAnswers(`http://127.0.0.1:${barePort}`, bare.logTail)
  return {
    apiUrl: api.url,
    apiPid: api.pid,
    startApi,
    bareUrl: `http://127.0.0.1:${barePort}`,
    merchantKey: await newMerchantKey(api.url, adminKey),
    async stop() {
      await Promise.all([api.stop(), bare.stop()])
      await Promise.all([postgres.stop(), nats.stop(), sink.stop()])
      rmSync(folder, { recursive: true })
    },
  }
}

async function prepare(url: string): Promise<void> {
  await migrate(url)
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('CREATE TABLE bare_rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body jsonb NOT NULL)')
  await client.end()
}

async function newMerchantKey(apiUrl: string, adminKey: string): Promise<string> {
  const post = async (path: string, body: object): Promise<{ id: string; key: string }> => {
    const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' }
    const url = `${apiUrl}/api/v1/admin/merchants${path}`
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    if (response.status !== 201) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as { id: string; key: string }
  }
  const { id } = await post('', { name: 'Bench' })
  return (await post(`/${id}/api-keys`, {})).key
}

async function untilAnswers(url: string, logTail: () => string): Promise<void> {
  for (const deadline = Date.now() + READY_TIMEOUT_MS; Date.now() < deadline; await sleep(100)) {
    const answers = await fetch(url).then(
      (response) => response.status < 500, // the bare server knows no GET, and answers 404
      () => false,
    )
    if (answers) return
  }
  throw new Error(`${url} does not answer:\n${logTail()}`)
}

const ADDRESS_OF_TOKEN = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
