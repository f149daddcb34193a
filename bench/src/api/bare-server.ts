import { join } from 'node:path'
import { freePort } from '@ctrip/local-stack/free-port'
import { startApp } from '@ctrip/local-stack/start-app'
import { untilReady } from '@ctrip/local-stack/until-ready'
import { Client } from 'pg'
import { type ApiLab, JSON_TYPE, ORDER } from './api-lab'
import type { LoadTarget } from './load'

const READY_TIMEOUT_MS = 20_000

export interface BareServer {
  readonly insert: LoadTarget
  stop(): Promise<void>
}

/** Runs `bare-express.ts` in a process of its own, on the API's database. */
export async function startBareServer({ folder, databaseUrl }: ApiLab): Promise<BareServer> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('CREATE TABLE bare_rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body jsonb NOT NULL)')
  await client.end()
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const server = await startApp({
    ...{ folder: __dirname, args: ['bare-express.js'], name: 'bare', logFile: join(folder, 'bare.log') },
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', DATABASE_URL: databaseUrl, PORT: String(port) },
  })
  // It has no GET route, so a 404 shows that it runs.
  await untilReady(server, READY_TIMEOUT_MS, async () => (await fetch(origin)).status === 404)
  return { insert: { origin, path: '/rows', headers: () => JSON_TYPE, body: ORDER }, stop: server.stop }
}
