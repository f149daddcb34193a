import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '@ctrip/db/database/database'
import { migrate } from '@ctrip/db/schema/migrate'
import { fanOutEvents } from '@ctrip/db/webhooks/fan-out'
import { newId } from '@ctrip/domain/ids'
import { type Bus, connectBus, prepareStream } from '@ctrip/events/bus'
import { consumeEvents } from '@ctrip/events/consume'
import { STREAM } from '@ctrip/events/stream'
import { startNats } from '@ctrip/local-stack/nats'
import { REPLICATED_SERVICES, type ServiceName } from '@ctrip/local-stack/ports'
import { openTestDatabase, type TestDatabase } from '@ctrip/local-stack/test-database'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { createLogger } from '@ctrip/telemetry/logger'
import { connect } from 'nats'
import { inRepository } from './support/repository'

const PATIENCE_MS = 10_000
const log = createLogger({ service: 'test', level: 'silent' })
const TRACEPARENT = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`

let folder: string
let nats: Awaited<ReturnType<typeof startNats>>
const buses = {} as Record<ServiceName, Bus>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ctrip-nats-users-'))
  const configFile = join(folder, 'nats.conf')
  copyFileSync(inRepository('deploy', 'nats', 'nats.conf'), configFile)
  const passwords = REPLICATED_SERVICES.map(
    (service) => `${service.replaceAll('-', '_').toUpperCase()}_PASSWORD: "${passwordOf(service)}"\n`,
  )
  writeFileSync(join(folder, 'passwords.conf'), passwords.join(''))
  nats = await startNats({ configFile })
  for (const service of REPLICATED_SERVICES) {
    buses[service] = connectBus({ url: urlOf(service), name: service, log })
    await new Promise<void>((resolve) => buses[service].onConnect(resolve))
  }
})
afterAll(async () => {
  for (const service of REPLICATED_SERVICES) await buses[service].close()
  await nats.stop()
  rmSync(folder, { recursive: true })
})

// A leading digit and characters that a URL must escape: both were parsed wrongly before.
const passwordOf = (service: ServiceName) => `4: the password of ${service}`

function urlOf(service: ServiceName): string {
  const url = new URL(nats.url)
  url.username = service
  url.password = encodeURIComponent(passwordOf(service))
  return url.toString()
}

function publish(by: ServiceName, subject: string, eventId: string): Promise<void> {
  return buses[by].publish({ subject, body: '{"type":"payment.confirmed"}', eventId, traceparent: TRACEPARENT })
}

describe('with the nats.conf that is deployed', () => {
  it.each(REPLICATED_SERVICES)('%s makes the stream, publishes as relay, and wakes the relay', async (service) => {
    let woken = 0
    buses.scanner.onWake(() => {
      woken += 1
    })
    await prepareStream(buses[service])
    await publish(service, 'payment.created', newId('event'))
    buses[service].wakeRelay()
    await waitUntil('woken', PATIENCE_MS, async () => woken > 0)
  })

  it.each([
    ['sweeper', 'payment.confirmed'],
    ['webhook-dispatcher', '>'],
  ] as const)('%s hears the events that it consumes', async (service, subject) => {
    const heard = new Set<string>()
    const consumer = consumeEvents({
      bus: buses[service],
      durable: service,
      subject,
      log,
      handle: async ({ eventId }) => void heard.add(eventId),
    })
    consumer.start()
    const eventId = newId('event')
    await publish('scanner', 'payment.confirmed', eventId)
    await waitUntil('heard', PATIENCE_MS, async () => heard.has(eventId))
    await consumer.stop()
  })

  it('an unknown user is refused', async () => {
    await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(/authorization/i)
    await expect(connect({ servers: nats.url, user: 'api', pass: 'guessed', reconnect: false })).rejects.toThrow(
      /authorization/i,
    )
  })

  it.each(['api', 'scanner'] as const)('%s cannot consume events or touch another consumer', async (service) => {
    const { manager, js } = buses[service].connected()
    await expect(manager.consumers.info(STREAM, 'sweeper')).rejects.toThrow(/permission/i)
    await expect(manager.consumers.delete(STREAM, 'webhook-dispatcher')).rejects.toThrow(/permission/i)
    await expect(js.consumers.get(STREAM, 'webhook-dispatcher')).rejects.toThrow(/permission/i)
  })

  it.each(REPLICATED_SERVICES)('%s cannot delete, purge or read a stream', async (service) => {
    const { manager } = buses[service].connected()
    await expect(manager.streams.delete(STREAM)).rejects.toThrow(/permission/i)
    await expect(manager.streams.purge(STREAM)).rejects.toThrow(/permission/i)
    await expect(manager.streams.getMessage(STREAM, { seq: 1 })).rejects.toThrow(/permission/i)
  })
})

describe('a forged event', () => {
  let database: TestDatabase
  let db: Database

  beforeAll(async () => {
    database = await openTestDatabase()
    await migrate(database.url)
    db = openDatabase({ url: database.url, applicationName: 'test', poolSize: 2, slowQueryMs: 60_000 })
  })
  afterAll(async () => {
    await db.close()
    await database.drop()
  })

  it('creates nothing, because its row does not exist', async () => {
    await db.prisma.$executeRaw`INSERT INTO merchants (id, name) VALUES (gen_random_uuid(), 'shop')`
    await db.prisma.$executeRaw`
      INSERT INTO webhook_endpoints (id, merchant_id, url, events, secret)
      SELECT gen_random_uuid(), id, 'https://example.com', '{*}', 'sealed' FROM merchants`
    const forged = newId('event')
    const made: number[] = []
    const consumer = consumeEvents({
      bus: buses['webhook-dispatcher'],
      durable: 'webhook-dispatcher',
      subject: '>',
      log,
      handle: async ({ eventId }) => {
        const deliveries = await fanOutEvents(db, [eventId], 0)
        if (eventId === forged) made.push(deliveries)
      },
    })
    consumer.start()
    await publish('api', 'payment.confirmed', forged)
    await waitUntil('the forged event was handled', PATIENCE_MS, async () => made.length > 0)
    await consumer.stop()
    expect(made).toEqual([0])
    const rows = await db.prisma.$queryRaw`
      SELECT (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM events) + (SELECT count(*) FROM payments) AS rows`
    expect(rows).toEqual([{ rows: 0n }])
  })
})
