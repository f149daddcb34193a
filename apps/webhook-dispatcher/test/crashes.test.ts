import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventId } from '@ctrip/domain/ids'
import { freePort } from '@ctrip/local-stack/free-port'
import { startNats } from '@ctrip/local-stack/nats'
import { startPostgres } from '@ctrip/local-stack/postgres'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { worldIn } from './support/database'
import { type DispatcherProcess, startDispatcher } from './support/dispatcher-process'
import { closeReceivers, startReceiver } from './support/receiver'

// Longer than a lease (20 s): what a killed dispatcher held comes back then.
const PATIENCE_MS = 45_000

afterEach(closeReceivers)

test('delivers every committed event though two dispatchers, NATS with its data and Postgres are killed under load', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-crashes-'))
  const [postgresPort, natsPort] = [await freePort(), await freePort()]
  let postgres = await startPostgres({ folder, port: postgresPort, durable: true })
  let nats = await startNats({ port: natsPort })
  const world = await worldIn(postgres.url)
  const receiver = await startReceiver((_request, response) => {
    setTimeout(() => response.writeHead(Math.random() < 0.1 ? 500 : 204).end(), Math.random() * 40)
  })
  const merchant = await world.merchant()
  const paths = ['/a', '/b', '/c']
  for (const path of paths) await world.endpoint(merchant, receiver.url + path)
  const start = () =>
    startDispatcher({
      databaseUrl: postgres.url,
      natsUrl: nats.url,
      extra: { WEBHOOK_RETRY_SCHEDULE_SECONDS: '0,1,1,1,1,1,1,1,1,1' },
    })
  let dispatchers: DispatcherProcess[] = await Promise.all([start(), start()])

  const committed: EventId[] = []
  let loading = true
  const load = (async () => {
    while (loading) {
      // What could not be committed was not promised.
      committed.push(...(await world.append(merchant, 'payment.confirmed', 4).catch(() => [])))
      await sleep(20)
    }
  })()

  for (let round = 0; round < 2; round++) {
    await sleep(300 + Math.random() * 700)
    const [victim, survivor] = dispatchers as [DispatcherProcess, DispatcherProcess]
    await victim.kill()
    dispatchers = [survivor, await start()]
  }
  process.kill(nats.pid, 'SIGKILL')
  await nats.exited
  nats = await startNats({ port: natsPort }) // in a folder of its own: its data is lost
  await sleep(500)
  process.kill(postgres.pid, 'SIGKILL')
  await postgres.exited
  postgres = await startPostgres({ folder, port: postgresPort, durable: true })
  await sleep(1_000)
  loading = false
  await load

  const keyOf = (eventId: string, path: string) => `${eventId} ${path}`
  const promised = committed.flatMap((eventId) => paths.map((path) => keyOf(eventId, path)))
  const told = () => new Set(receiver.received.map(({ headers, path }) => keyOf(String(headers['webhook-id']), path)))
  await waitUntil('every delivery', PATIENCE_MS, async () => {
    const seen = told()
    return promised.every((key) => seen.has(key))
  })
  await waitUntil('every settlement', PATIENCE_MS, async () => (await world.db.prisma.delivery_queue.count()) === 0)

  expect(committed.length).toBeGreaterThan(40)
  const statuses = await world.db.prisma.deliveries.groupBy({ by: ['status'], _count: true })
  expect(statuses.map(({ status }) => status)).toEqual(['delivered'])
  for (const { headers, body } of receiver.received) {
    expect(headers['webhook-id']).toBe((JSON.parse(body) as { id: string }).id)
  }
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()))
  await world.close()
  await Promise.all([postgres.stop(), nats.stop()])
  rmSync(folder, { recursive: true })
}, 150_000)
