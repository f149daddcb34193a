import { openSecretBox } from '@ctrip/db/database/secret-box'
import { type EventId, idToUuid } from '@ctrip/domain/ids'
import { startNats } from '@ctrip/local-stack/nats'
import type { Server } from '@ctrip/local-stack/server'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { Webhook } from 'standardwebhooks'
import { LIMITS } from '../src/plan-claim'
import { TOTAL_TIMEOUT_MS } from '../src/send-webhook'
import { SECRETS_KEY, type TestWorld, testWorld } from './support/database'
import { type DispatcherProcess, startDispatcher } from './support/dispatcher-process'
import { closeRawServers, startRawServer } from './support/raw-server'
import { closeReceivers, type Received, startReceiver } from './support/receiver'

const PATIENCE_MS = 60_000 // also for a machine with other things to do

let world: TestWorld
let nats: Server
let dispatchers: DispatcherProcess[]

beforeAll(async () => {
  ;[world, nats] = await Promise.all([testWorld(), startNats()])
  const start = () => startDispatcher({ databaseUrl: world.url, natsUrl: nats.url })
  dispatchers = await Promise.all([start(), start()])
})

afterEach(async () => {
  await Promise.all([closeReceivers(), closeRawServers()])
})

afterAll(async () => {
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()))
  await Promise.all([world.close(), nats.stop()])
})

test('two dispatchers share the work without doing any of it twice', async () => {
  const receiver = await startReceiver((_request, response) => {
    setTimeout(() => response.writeHead(204).end(), 10)
  })
  const merchant = await world.merchant()
  for (const path of ['/1', '/2', '/3', '/4']) await world.endpoint(merchant, receiver.url + path)
  for (let n = 0; n < 10; n++) await world.append(merchant, 'payment.confirmed', 20)
  await waitUntil('800 deliveries', PATIENCE_MS, async () => receiver.received.length >= 800)

  const told = receiver.received.map(({ headers, path }) => `${String(headers['webhook-id'])} ${path}`)
  expect(new Set(told).size).toBe(800)
  expect(told).toHaveLength(800)
  const delivered = await Promise.all(dispatchers.map(attemptsOf))
  for (const count of delivered) expect(count).toBeGreaterThan(0)
})

test('forty-six healthy endpoints do not notice one that hangs, one that fails, one that resets and one that drips', async () => {
  const healthy = await startReceiver()
  const failing = await startReceiver((_request, response) => void response.writeHead(500).end())
  const hanging = await startRawServer(() => undefined)
  const resetting = await startRawServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
  const dripping = await startRawServer((socket) => {
    const timer = setInterval(() => socket.write('x'), 200)
    socket.once('close', () => clearInterval(timer))
  })
  const startedAt = Date.now()
  const bad = [failing, hanging, resetting, dripping].map(({ port }) => `http://127.0.0.1:${port}/`)
  const urls = [...bad, ...Array.from({ length: 46 }, (_, n) => `${healthy.url}/${n}`)]
  for (let n = 0; n < urls.length; n += 10) {
    const merchant = await world.merchant()
    for (const url of urls.slice(n, n + 10)) await world.endpoint(merchant, url)
    await world.append(merchant, 'payment.confirmed', 20)
  }
  await waitUntil('46 × 20 deliveries', PATIENCE_MS, async () => healthy.received.length >= 920)
  const attemptsGivenUp = await world.db.prisma.delivery_attempts.count({
    where: { reason: { startsWith: 'timeout' } },
  })
  const told = healthy.received.map(({ headers, path }) => `${String(headers['webhook-id'])} ${path}`)
  expect([told.length, new Set(told).size]).toEqual([920, 920])
  for (const { hits } of [hanging, resetting, dripping]) expect(hits()).toBeGreaterThan(0)
  expect(failing.received.length).toBeGreaterThan(0)
  // Nobody waited for an endpoint that hangs: on a fast machine none of its attempts is given up before the last healthy delivery. A
  // slow one needs longer than an attempt may take; then every endpoint that hangs has used its slots once for each timeout.
  const roundsGivenUp = Math.floor((Date.now() - startedAt) / TOTAL_TIMEOUT_MS)
  const slots = LIMITS.perEndpoint * dispatchers.length
  expect(attemptsGivenUp).toBeLessThanOrEqual(roundsGivenUp * [hanging, dripping].length * slots)
  await world.db.prisma.webhook_endpoints.updateMany({ where: { url: { in: bad } }, data: { enabled: false } })
})

test('signs with both secrets for a day after a rotation', async () => {
  const receiver = await startReceiver()
  const merchant = await world.merchant()
  const { id, secret } = await world.endpoint(merchant, receiver.url)
  const next = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const sealed = openSecretBox([SECRETS_KEY]).seal(next, `webhook_endpoint:${id}`)
  await world.db.prisma.$executeRaw`
    UPDATE webhook_endpoints SET previous_secret = secret, secret = ${sealed}, previous_secret_until = now() + interval '1 day'
    WHERE id = ${idToUuid(id)}::uuid`
  await world.append(merchant, 'payment.confirmed')
  await waitUntil('a delivery', PATIENCE_MS, async () => receiver.received.length === 1)
  const { body, headers } = receiver.received[0] as Received
  expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
  for (const known of [secret, next])
    expect(() => new Webhook(known).verify(body, headers as Record<string, string>)).not.toThrow()
})

test('disables an endpoint that is gone, with an event, and gives up what waits for it', async () => {
  const receiver = await startReceiver((_request, response) => void response.writeHead(410).end())
  const merchant = await world.merchant()
  const { id } = await world.endpoint(merchant, receiver.url)
  const events = await world.append(merchant, 'payment.confirmed', 40)
  const where = { endpoint_id: idToUuid(id) }
  await waitUntil('the fan-out of all events', PATIENCE_MS, async () => (await notFannedOut(events)) === 0)
  await waitUntil(
    'an empty queue',
    PATIENCE_MS,
    async () => (await world.db.prisma.delivery_queue.count({ where })) === 0,
  )
  // Events that are fanned out after the endpoint is disabled get no delivery: on a slow machine there are fewer than 40.
  const statuses = (await world.db.prisma.deliveries.findMany({ where })).map(({ status }) => status)
  expect(statuses.length).toBeGreaterThan(0)
  expect(new Set(statuses)).toEqual(new Set(['dead_lettered']))
  const endpoint = await world.db.prisma.webhook_endpoints.findUnique({ where: { id: idToUuid(id) } })
  expect(endpoint).toMatchObject({ enabled: false, disabled_reason: 'gone' })
  const told = await world.db.prisma.events.findMany({
    where: { merchant_id: idToUuid(merchant), type: 'webhook.endpoint_disabled' },
  })
  expect(told).toHaveLength(1)
  expect(await world.db.prisma.deliveries.count({ where: { event_type: { startsWith: 'webhook.' } } })).toBe(0)
})

test('leaves an endpoint alone for as long as it asks', async () => {
  const receiver = await startReceiver((_request, response) => {
    if (receiver.received.length === 1) response.writeHead(429, { 'retry-after': '2' }).end()
    else response.writeHead(204).end()
  })
  const merchant = await world.merchant()
  await world.endpoint(merchant, receiver.url)
  await world.append(merchant, 'payment.confirmed')
  await waitUntil('the first attempt', PATIENCE_MS, async () => receiver.received.length === 1)
  await waitUntil(
    'the pause',
    PATIENCE_MS,
    async () =>
      (await world.db.prisma.webhook_endpoints.count({
        where: { merchant_id: idToUuid(merchant), paused_until: { not: null } },
      })) === 1,
  )
  await world.append(merchant, 'payment.settled')
  await waitUntil('both deliveries', PATIENCE_MS, async () => receiver.received.length === 3)
  const [first, ...later] = receiver.received.map(({ at }) => at)
  for (const at of later) expect(at - (first ?? 0)).toBeGreaterThanOrEqual(1_900)
})

test('gives back uncounted what hangs when it is told to stop, and another dispatcher takes it', async () => {
  let hangs = true
  const receiver = await startReceiver((_request, response) => {
    if (!hangs) response.writeHead(204).end()
  })
  const merchant = await world.merchant()
  await world.endpoint(merchant, receiver.url)
  await world.append(merchant, 'payment.confirmed')
  await waitUntil('an attempt under way', PATIENCE_MS, async () => receiver.received.length === 1)
  hangs = false
  const startedAt = Date.now()
  const ended = await Promise.all(
    dispatchers.map((dispatcher) => {
      process.kill(dispatcher.pid, 'SIGTERM')
      return dispatcher.exited
    }),
  )
  expect(ended).toEqual(['exit code 0', 'exit code 0'])
  expect(Date.now() - startedAt).toBeLessThan(20_000)
  dispatchers = [await startDispatcher({ databaseUrl: world.url, natsUrl: nats.url })]
  await waitUntil('the delivery', PATIENCE_MS, async () => receiver.received.length === 2)
  await waitUntil(
    'its settlement',
    PATIENCE_MS,
    async () =>
      (await world.db.prisma.deliveries.count({
        where: { merchant_id: idToUuid(merchant), status: 'delivered', attempts: 1 },
      })) === 1,
  )
})

test('finds events that NATS never told of', async () => {
  await nats.stop()
  const receiver = await startReceiver()
  const merchant = await world.merchant()
  await world.endpoint(merchant, receiver.url)
  const [eventId] = await world.append(merchant, 'payment.confirmed')
  // As if the relay had published it, and NATS had lost it before anybody heard.
  await world.db.prisma.$executeRaw`
    WITH published AS (DELETE FROM outbox WHERE event_id = ${idToUuid(eventId as NonNullable<typeof eventId>)}::uuid RETURNING event_id)
    INSERT INTO fan_out_queue (event_id) SELECT event_id FROM published`
  await waitUntil('the delivery', PATIENCE_MS, async () => receiver.received.length === 1)
  expect(receiver.received[0]?.headers['webhook-id']).toBe(eventId)
})

/** The number of these events that still wait for publication or fan-out. */
async function notFannedOut(events: readonly EventId[]): Promise<number> {
  const ids = events.map(idToUuid)
  const [row] = await world.db.prisma.$queryRaw<[{ count: bigint }]>`
    SELECT count(*) FROM (SELECT event_id FROM outbox UNION SELECT event_id FROM fan_out_queue) AS waiting
    WHERE event_id = ANY(${ids}::uuid[])`
  return Number(row.count)
}

async function attemptsOf({ opsUrl }: DispatcherProcess): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text()
  const counts = text.matchAll(/^ctrip_webhook_attempts_total\{[^}]*outcome="delivered"[^}]*\} (\d+)/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}
