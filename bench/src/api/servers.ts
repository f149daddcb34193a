import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from '@ctrip/db/migrate'
import { newMnemonic } from '@ctrip/local-stack/anvil'
import { writeChainsFile } from '@ctrip/local-stack/chains-file'
import { freePort } from '@ctrip/local-stack/free-port'
import { startProcess } from '@ctrip/local-stack/managed-process'
import { startNats } from '@ctrip/local-stack/nats'
import { startPostgres } from '@ctrip/local-stack/postgres'
import { accountXpub } from '@ctrip/local-stack/secrets'
import { Client } from 'pg'

export interface Servers {
  /** The API, as it is run in production, exporting its traces. */
  readonly apiUrl: string
  readonly bareUrl: string
  readonly merchantKey: string
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 20_000
const ADDRESS = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

export async function startServers(): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-bench-'))
  const [postgres, nats, sink] = await Promise.all([startPostgres({ durable: true }), startNats(), startDrain()])
  await prepare(postgres.url)
  const [apiPort, opsPort, barePort] = [await freePort(), await freePort(), await freePort()]
  const apiUrl = `http://127.0.0.1:${apiPort}`
  const chainsFile = join(folder, 'chains.yaml')
  writeChainsFile(chainsFile, {
    rpcUrl: 'http://127.0.0.1:1',
    blockTimeSeconds: 1,
    treasury: ADDRESS,
    token: ADDRESS_OF_TOKEN,
  })
  const adminKey = randomBytes(24).toString('hex')
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
  const api = await run(
    'api',
    ['--require', './dist/instrument.js', 'dist/main.js'],
    resolve(__dirname, '../../../apps/api'),
    {
      NATS_URL: nats.url,
      CHAINS_FILE: chainsFile,
      DEPOSIT_XPUB: accountXpub(newMnemonic()),
      SECRETS_KEY: randomBytes(32).toString('hex'),
      ADMIN_API_KEY: adminKey,
      PUBLIC_URL: apiUrl,
      PORT: String(apiPort),
      OPS_PORT: String(opsPort),
      RATE_LIMIT_PER_MINUTE: '10000000',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: sink.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
  )
  const bare = await run('bare', [join(__dirname, 'bare-express.js')], __dirname, { PORT: String(barePort) })
  await untilAnswers(`${apiUrl}/health`, api.logTail)
  return {
    apiUrl,
    bareUrl: `http://127.0.0.1:${barePort}`,
    merchantKey: await newMerchantKey(apiUrl, adminKey),
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

/** Takes traces and forgets them: what their receiver does with them is not what is measured. */
async function startDrain(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
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
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) return
  }
  throw new Error(`${url} does not answer:\n${logTail()}`)
}

const ADDRESS_OF_TOKEN = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
