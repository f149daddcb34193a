import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNats } from '@ctrip/local-stack/nats'
import type { Server } from '@ctrip/local-stack/server'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { Webhook } from 'standardwebhooks'
import { type TestWorld, testWorld } from './support/database'
import { type DispatcherProcess, startDispatcher } from './support/dispatcher-process'
import { closeReceivers, type Received, startReceiver } from './support/receiver'

const PATIENCE_MS = 60_000 // also for a machine with other things to do

let world: TestWorld
let nats: Server
let dispatcher: DispatcherProcess

beforeAll(async () => {
  ;[world, nats] = await Promise.all([testWorld(), startNats()])
  dispatcher = await startDispatcher({ databaseUrl: world.url, natsUrl: nats.url })
})

afterEach(closeReceivers)

afterAll(async () => {
  await dispatcher.stop()
  await Promise.all([world.close(), nats.stop()])
})

test('delivers an event, signed, to each endpoint that wants it', async () => {
  const receiver = await startReceiver()
  const merchant = await world.merchant()
  const all = await world.endpoint(merchant, `${receiver.url}/all`)
  await world.endpoint(merchant, `${receiver.url}/payments`, { events: ['payment.*'] })
  await world.endpoint(merchant, `${receiver.url}/sweeps`, { events: ['sweep.*', 'payment.confirmed'] })
  await world.endpoint(merchant, `${receiver.url}/off`, { enabled: false })
  const [eventId] = await world.append(merchant, 'payment.detected')
  await waitUntil('two deliveries', PATIENCE_MS, async () => receiver.received.length === 2)

  expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/all', '/payments'])
  const request = receiver.received.find(({ path }) => path === '/all') as Received
  expect(request.headers['webhook-id']).toBe(eventId)
  expect(request.headers['content-type']).toBe('application/json')
  expect(request.headers['accept-encoding']).toBe('identity')
  const headers = request.headers as Record<string, string>
  expect(new Webhook(all.secret).verify(request.body, headers)).toMatchObject({ id: eventId, type: 'payment.detected' })
  expect(verifiedBySvix(all.secret, request)).toBe('verified')
  const { trace_id: traceId } = JSON.parse(request.body) as { trace_id: string }
  expect(headers['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
})

test('tries again by the schedule, with the same id and a fresh timestamp, then gives up with an event', async () => {
  const receiver = await startReceiver((_request, response) => void response.writeHead(500).end('no\0pe'))
  const merchant = await world.merchant()
  const { id } = await world.endpoint(merchant, receiver.url)
  const [eventId] = await world.append(merchant, 'payment.confirmed')
  await waitUntil(
    'a dead letter',
    PATIENCE_MS,
    async () => (await world.db.prisma.events.count({ where: { type: 'webhook.dead_lettered' } })) === 1,
  )

  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(Array(4).fill(eventId))
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBeGreaterThan(1)
  const [delivery] = await world.db.prisma.deliveries.findMany({ where: { event_type: 'payment.confirmed' } })
  expect(delivery).toMatchObject({ status: 'dead_lettered', attempts: 4 })
  const attempts = await world.db.prisma.delivery_attempts.findMany({ where: { delivery_id: delivery?.id ?? '' } })
  expect(
    attempts.map(({ n, status_code, error, response_body }) => ({ n, status_code, error, response_body })),
  ).toEqual([1, 2, 3, 4].map((n) => ({ n, status_code: 500, error: 'bad_status', response_body: 'no\uFFFDpe' })))
  const event = await world.db.prisma.events.findFirst({ where: { type: 'webhook.dead_lettered' } })
  expect(JSON.parse(event?.body ?? '')).toMatchObject({
    data: { delivery: { event_id: eventId, endpoint_id: id, attempts: 4 } },
  })

  const { data, trace_id } = JSON.parse(receiver.received[0]?.body ?? '') as {
    data: { payment: { id: string } }
    trace_id: string
  }
  const about = { level: 'warn', payment_id: data.payment.id, trace_id, endpoint_id: id }
  await waitUntil('a line of the last attempt', PATIENCE_MS, async () => attemptsOn(id).length === 4)
  expect(attemptsOn(id)).toEqual(Array(4).fill(expect.objectContaining({ ...about, event_id: eventId })))
  expect(dispatcher.logged('webhook.dead_lettered')).toEqual([expect.objectContaining(about)])
})

function attemptsOn(endpointId: string): Record<string, unknown>[] {
  return dispatcher.logged('webhook.attempted').filter(({ endpoint_id }) => endpoint_id === endpointId)
}

function verifiedBySvix(secret: string, { body, headers }: Received): string {
  const script = require.resolve('./support/verify-with-svix.cjs')
  return execFileSync(process.execPath, [script], { input: JSON.stringify({ secret, body, headers }) }).toString()
}

test('delivers from the database, late, where NATS has no room for the stream', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-no-room-'))
  const configFile = join(folder, 'nats.conf')
  writeFileSync(configFile, 'jetstream { max_file_store: 100MB }')
  const other = await testWorld()
  const full = await startNats({ configFile })
  const alone = await startDispatcher({ databaseUrl: other.url, natsUrl: full.url, ready: false })
  const receiver = await startReceiver()
  const merchant = await other.merchant()
  await other.endpoint(merchant, receiver.url)
  const eventIds = await other.append(merchant, 'payment.confirmed', 3)
  await waitUntil('the deliveries', PATIENCE_MS, async () => receiver.received.length === 3)
  expect(receiver.received.map(({ headers }) => headers['webhook-id']).sort()).toEqual([...eventIds].sort())
  expect(await other.db.prisma.outbox.count()).toBe(3)
  await alone.stop()
  await Promise.all([other.close(), full.stop()])
  rmSync(folder, { recursive: true })
})
