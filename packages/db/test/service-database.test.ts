import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { openTestDatabase, type TestDatabase } from '@ctrip/local-stack/test-database'
import { createLogger } from '@ctrip/telemetry/logger'
import { openServiceDatabase } from '../src/database/service-database'

let database: TestDatabase
let gate: Gate

beforeAll(async () => {
  database = await openTestDatabase()
  gate = await openGate(new URL(database.url))
})
afterAll(async () => {
  gate.close()
  await database.drop()
})

test('waits for a Postgres that gives no connection at first', async () => {
  const lines: string[] = []
  const log = createLogger({ service: 'ctrip-test', level: 'info' }, { write: (line) => lines.push(line) })
  gate.holdNext()
  const db = await openServiceDatabase({ url: gate.url, service: 'ctrip-test', poolSize: 1, slowQueryMs: 60_000, log })
  await db.close()
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['db.slow_to_connect'])
})

test('refuses at once to start with a password that Postgres refuses, or a port where nobody listens', async () => {
  const log = createLogger({ service: 'ctrip-test', level: 'info' }, { write: () => undefined })
  const url = new URL(database.url)
  url.port = '1'
  const opening = openServiceDatabase({
    url: url.toString(),
    service: 'ctrip-test',
    poolSize: 1,
    slowQueryMs: 60_000,
    log,
  })
  await expect(opening).rejects.toThrow('cannot be reached or refuses the login')
})

interface Gate {
  readonly url: string
  /** The next connection hears nothing. */
  holdNext(): void
  close(): void
}

async function openGate(target: URL): Promise<Gate> {
  let held = 0
  const sockets = new Set<Socket>()
  const server: Server = createServer((client) => {
    sockets.add(client)
    client.on('error', () => undefined)
    if (held-- > 0) return
    const upstream = connect(Number(target.port), target.hostname)
    sockets.add(upstream)
    upstream.on('error', () => client.destroy())
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(target)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.toString(),
    holdNext: () => {
      held = 1
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
