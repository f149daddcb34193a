import { randomBytes, randomUUID } from 'node:crypto'
import { type EventId, idToUuid, type MerchantId, newId, type WebhookEndpointId } from '@ctrip/domain/ids'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { transaction } from '../src/database/transaction'
import { appendEvents } from '../src/events/events'
import { Prisma } from '../src/generated/prisma/client'
import { deliveryBacklog } from '../src/webhooks/delivery-backlog'
import { type ClaimedDelivery, claimDeliveries, lookForWork, type Share } from '../src/webhooks/delivery-claims'
import { closeDeliveries, type Settlement, settleDeliveries } from '../src/webhooks/delivery-settlement'
import { fanOutEvents, overdueFanOuts } from '../src/webhooks/fan-out'
import { bringForward, resendEvent } from '../src/webhooks/replays'
import { keepDailyPartitions } from '../src/webhooks/retention'
import { type Ledger, openLedger } from './ledger'

let ledger: Ledger
let merchantId: MerchantId
beforeEach(async () => {
  ledger = await openLedger()
  merchantId = newId('merchant')
  await ledger.db.prisma.merchants.create({ data: { id: idToUuid(merchantId), name: 'Shop' } })
})
afterEach(() => ledger.close())

async function endpoint(
  events: string[] = ['*'],
  enabled = true,
  metadataEquals: Record<string, string> | null = null,
): Promise<WebhookEndpointId> {
  const id = newId('webhookEndpoint')
  const data = { id: idToUuid(id), merchant_id: idToUuid(merchantId), url: 'https://shop.example/', events, enabled }
  await ledger.db.prisma.webhook_endpoints.create({
    data: { ...data, secret: new Uint8Array([1]), metadata_equals: metadataEquals ?? Prisma.DbNull },
  })
  return id
}

async function event(
  type: 'payment.confirmed' | 'webhook.dead_lettered' | 'sweep.confirmed' = 'payment.confirmed',
  data: Record<string, unknown> = {},
): Promise<EventId> {
  const traceAnchor = `00-${randomBytes(16).toString('hex')}-${'b'.repeat(16)}-01`
  const draft = { type, merchantId, subject: newId('payment'), sequence: 1, traceAnchor, data }
  const [id] = await transaction(ledger.db, 'test.append', (tx) =>
    appendEvents(tx, [{ draft, traceparent: traceAnchor }]),
  )
  if (id === undefined) throw new Error('no event was appended')
  return id
}

const look = () => lookForWork(ledger.db, { cursor: null, limit: 100, perEndpoint: 16 })
const claim = (shares: Share[], leaseMs = 20_000) =>
  claimDeliveries(ledger.db, shares, { leaseToken: randomUUID(), leaseMs })
const share = (endpointId: WebhookEndpointId, changes: Partial<Share> = {}): Share => ({
  endpointId,
  first: 16,
  retries: 16,
  probe: false,
  ...changes,
})
const settle = (settlements: Settlement[]) =>
  ledger.db.query('test.settle', (prisma) => settleDeliveries(prisma, settlements))
const queued = () => ledger.db.prisma.delivery_queue.count()

function delivered({ id, eventId, leaseToken, attempts }: ClaimedDelivery): Settlement {
  const attempt = { n: attempts + 1, at: new Date(), statusCode: 204, durationMs: 5, error: null, reason: null }
  return {
    deliveryId: id,
    eventId,
    leaseToken,
    status: 'delivered',
    dueAt: null,
    attempts: attempts + 1,
    attempt: { ...attempt, responseBody: null, location: null },
  }
}

describe('fan-out', () => {
  test.each([
    [['*'], true],
    [['payment.*'], true],
    [['sweep.*', 'payment.confirmed'], true],
    [['payment.confirm'], false],
    [['payment.confirmed.*'], false],
    [['sweep.*'], false],
  ])('an endpoint for %j hears of payment.confirmed: %s', async (wanted, hears) => {
    await endpoint(wanted)
    expect(await fanOutEvents(ledger.db, [await event()], 0)).toBe(hears ? 1 : 0)
  })

  test('makes each delivery once, however often it is run, also by two at once', async () => {
    await Promise.all([endpoint(), endpoint(), endpoint(['*'], false)])
    const ids = await Promise.all([event(), event(), event()])
    const other = ledger.another()
    const made = await Promise.all([
      fanOutEvents(ledger.db, ids, 0),
      fanOutEvents(other, [...ids].reverse(), 0),
      fanOutEvents(ledger.db, ids, 0),
    ])
    expect(made.reduce((sum, count) => sum + count)).toBe(6)
    expect(await queued()).toBe(6)
  })

  test('tells nobody of webhook events', async () => {
    await endpoint()
    expect(await fanOutEvents(ledger.db, [await event('webhook.dead_lettered')], 0)).toBe(0)
  })

  test('finds what was published and not fanned out for a while', async () => {
    const [late, recent] = [await event(), await event()]
    await ledger.db.prisma.$executeRaw`
      INSERT INTO fan_out_queue (event_id, published_at) VALUES
        (${idToUuid(late)}::uuid, now() - interval '10 seconds'), (${idToUuid(recent)}::uuid, now())`
    expect(await overdueFanOuts(ledger.db, 3_000, 10)).toEqual([late])
    await fanOutEvents(ledger.db, [late], 0)
    expect(await overdueFanOuts(ledger.db, 3_000, 10)).toEqual([])
  })
})

describe('claims', () => {
  test('are found by a look, and by no second claim while the lease lasts', async () => {
    const id = await endpoint()
    await fanOutEvents(ledger.db, [await event(), await event()], 0)
    expect(await look()).toMatchObject({
      waiting: [{ id, merchantId, first: 2, retries: 0, probe: false }],
      closed: [],
    })
    expect(await claim([share(id)])).toHaveLength(2)
    expect(await claim([share(id)])).toHaveLength(0)
    expect((await look()).waiting).toEqual([])
  })

  test('are never shared by two who claim at once', async () => {
    const id = await endpoint()
    await fanOutEvents(ledger.db, await Promise.all(Array.from({ length: 30 }, () => event())), 0)
    const claims = await Promise.all(Array.from({ length: 6 }, () => claim([share(id, { first: 5 })])))
    const ids = claims.flat().map((claimed) => claimed.id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('of who died come back when their leases run out; who was dead and settles then settles nothing', async () => {
    const id = await endpoint()
    await fanOutEvents(ledger.db, [await event()], 0)
    const [dead] = await claim([share(id)], 1)
    await new Promise((done) => setTimeout(done, 5))
    const [alive] = await claim([share(id)])
    expect(alive?.id).toBe(dead?.id)
    expect((await settle([delivered(dead as ClaimedDelivery)])).size).toBe(0)
    expect(await queued()).toBe(1)
    expect((await settle([delivered(alive as ClaimedDelivery)])).size).toBe(1)
    expect(await queued()).toBe(0)
  })

  test('take first attempts although many retries are due before them', async () => {
    const id = await endpoint()
    await fanOutEvents(ledger.db, await Promise.all(Array.from({ length: 20 }, () => event())), 0)
    await ledger.db.prisma.$executeRaw`UPDATE delivery_queue SET attempts = 3, due_at = now() - interval '1 hour'`
    const fresh = await event()
    await fanOutEvents(ledger.db, [fresh], 0)
    expect((await claim([share(id, { retries: 0 })])).map(({ eventId }) => eventId)).toEqual([fresh])
  })

  test('leave alone what is paused or whose circuit is open, and probe a half-open circuit once', async () => {
    const [paused, open, halfOpen] = [await endpoint(), await endpoint(), await endpoint()]
    await fanOutEvents(ledger.db, [await event(), await event()], 0)
    await ledger.db.prisma.$executeRaw`
      UPDATE webhook_endpoints SET paused_until = now() + interval '1 minute' WHERE id = ${idToUuid(paused)}::uuid`
    await ledger.db.prisma.$executeRaw`
      UPDATE webhook_endpoints SET circuit_open_until = now() + interval '1 minute' WHERE id = ${idToUuid(open)}::uuid`
    await ledger.db.prisma.$executeRaw`
      UPDATE webhook_endpoints SET circuit_open_until = now() - interval '1 second' WHERE id = ${idToUuid(halfOpen)}::uuid`
    expect((await look()).waiting).toMatchObject([{ id: halfOpen, probe: true }])
    const probe = share(halfOpen, { first: 1, retries: 0, probe: true })
    const claims = await Promise.all([claim([probe]), claim([probe]), claim([probe])])
    expect(claims.flat()).toMatchObject([{ endpointId: halfOpen, probe: true, troubled: true }])
  })

  test('look at endpoints in rounds, none of them twice', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => endpoint()))
    await fanOutEvents(ledger.db, [await event()], 0)
    const seen: string[] = []
    let cursor: WebhookEndpointId | null = null
    do {
      const found = await lookForWork(ledger.db, { cursor, limit: 2, perEndpoint: 16 })
      seen.push(...found.waiting.map(({ id }) => id))
      cursor = found.cursor
    } while (cursor !== null)
    expect(seen.sort()).toEqual([...ids].sort())
  })
})

describe('settlement', () => {
  test('delivers, puts back, dead-letters and gives back in one statement', async () => {
    const id = await endpoint()
    await fanOutEvents(ledger.db, await Promise.all(Array.from({ length: 4 }, () => event())), 0)
    const [one, two, three, four] = (await claim([share(id)])).map(delivered) as [
      Settlement,
      Settlement,
      Settlement,
      Settlement,
    ]
    const dueAt = new Date(Date.now() + 60_000)
    const settled = await settle([
      one,
      { ...two, status: 'pending', dueAt },
      { ...three, status: 'dead_lettered' },
      { ...four, status: 'pending', dueAt, attempts: 0, attempt: null },
    ])
    expect(settled.size).toBe(4)
    const rows = await ledger.db.prisma.deliveries.findMany()
    const outcome = ({ deliveryId }: Settlement) => {
      const row = rows.find((each) => each.id === idToUuid(deliveryId))
      return [row?.status, row?.attempts, row?.completed_at !== null, row?.dead_lettered_at !== null]
    }
    expect([one, two, three, four].map(outcome)).toEqual([
      ['delivered', 1, true, false],
      ['pending', 1, false, false],
      ['dead_lettered', 1, true, true],
      ['pending', 0, false, false],
    ])
    expect(await queued()).toBe(2)
    expect(await ledger.db.prisma.delivery_attempts.count()).toBe(3)
  })

  test('a dead letter counts until a replay has delivered it', async () => {
    const id = await endpoint()
    const eventId = await event()
    await fanOutEvents(ledger.db, [eventId], 0)
    await settle((await claim([share(id)])).map(delivered).map((one) => ({ ...one, status: 'dead_lettered' })))
    expect(await deliveryBacklog(ledger.db)).toMatchObject({ deadLetters: 1 })
    await transaction(ledger.db, 'test.resend', (tx) => resendEvent(tx, merchantId, eventId))
    expect(await deliveryBacklog(ledger.db)).toMatchObject({ deadLetters: 1, due: 1 })
    await settle((await claim([share(id)])).map(delivered))
    expect(await deliveryBacklog(ledger.db)).toMatchObject({ deadLetters: 0, due: 0 })
  })

  test.each([
    [null, 'discarded'],
    ['gone', 'dead_lettered'],
  ])('ends what waits for an endpoint that was disabled (by us: %s) as %s', async (reason, status) => {
    const id = await endpoint()
    await fanOutEvents(ledger.db, [await event(), await event()], 0)
    await ledger.db.prisma.webhook_endpoints.update({
      where: { id: idToUuid(id) },
      data: { enabled: false, disabled_reason: reason },
    })
    expect((await look()).closed).toEqual([id])
    expect(await ledger.db.query('test.close', (prisma) => closeDeliveries(prisma, id, 100))).toBe(2)
    expect(await ledger.db.prisma.deliveries.count({ where: { status } })).toBe(2)
    expect(await queued()).toBe(0)
  })

  test('closes nothing for an endpoint that was enabled again meanwhile', async () => {
    const id = await endpoint()
    await fanOutEvents(ledger.db, [await event()], 0)
    expect(await ledger.db.query('test.close', (prisma) => closeDeliveries(prisma, id, 100))).toBe(0)
    expect(await queued()).toBe(1)
  })
})

describe('retention', () => {
  const waitingForLocks = async () => {
    const rows = await ledger.db.prisma.$queryRaw<{ waiting: number }[]>`
      SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    return rows[0]?.waiting
  }
  const days = async () => {
    const rows = await ledger.db.prisma.$queryRaw<{ name: string }[]>`
      SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname ~ '^events_\\d{8}$' ORDER BY 1`
    return rows.map(({ name }) => name)
  }

  test('drops the days that are over and makes those to come', async () => {
    await ledger.db.prisma.$executeRaw`SELECT ensure_daily_partitions(current_date - 40, 40)`
    expect(await days()).toHaveLength(47)
    expect(await keepDailyPartitions(ledger.db)).toBe(true)
    expect(await days()).toHaveLength(37)
  })

  test('and a settlement wait for each other in a line, not in a circle', async () => {
    const id = await endpoint()
    await fanOutEvents(ledger.db, [await event()], 0)
    const claimed = await claim([share(id)])
    const locked: Promise<unknown>[] = []
    await transaction(ledger.db, 'test.lock', async (tx) => {
      await tx.$executeRaw`LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE` // as dropping a day does, one table after the other
      locked.push(settle(claimed.map(delivered)))
      await waitUntil('a settlement that waits', 10_000, async () => (await waitingForLocks()) === 1)
      await tx.$executeRaw`LOCK TABLE delivery_attempts IN ACCESS EXCLUSIVE MODE`
    })
    expect(await Promise.all(locked)).toEqual([new Set(claimed.map((delivery) => delivery.id))])
  })

  test('moves what fell into the default partition to its day, once that exists', async () => {
    for (const name of await days()) await ledger.db.prisma.$executeRawUnsafe(`DROP TABLE ${name}`)
    const id = await event()
    await keepDailyPartitions(ledger.db)
    const rows = await ledger.db.prisma.$queryRaw<{ place: string }[]>`
      SELECT tableoid::regclass::text AS place FROM events WHERE id = ${idToUuid(id)}::uuid`
    expect(rows[0]?.place).toMatch(/^events_\d{8}$/)
  })
})

test('an endpoint that asks for metadata gets the events of payments that have it, and no others', async () => {
  const north = await endpoint(['*'], true, { shop: 'north' })
  const all = await endpoint()
  const of = (metadata: object) => event('payment.confirmed', { payment: { metadata } })
  const events = [
    await of({ shop: 'north', cart: 'c1' }),
    await of({ shop: 'south' }),
    await of({}),
    await event('sweep.confirmed', { sweep: {} }),
  ]
  await fanOutEvents(ledger.db, events, 0)
  const told = async (id: WebhookEndpointId) =>
    (await ledger.db.prisma.deliveries.findMany({ where: { endpoint_id: idToUuid(id) } })).length
  expect([await told(north), await told(all)]).toEqual([1, 4])
})

describe('bringing forward', () => {
  const PERIOD = { since: new Date(Date.now() - 3_600_000), until: new Date(Date.now() + 3_600_000) }

  async function backOff(endpointId: WebhookEndpointId): Promise<void> {
    await fanOutEvents(ledger.db, [await event(), await event()], 0)
    await ledger.db.prisma.delivery_queue.updateMany({
      where: { endpoint_id: idToUuid(endpointId) },
      data: { attempts: 3, due_at: new Date(Date.now() + 86_400_000) },
    })
    await ledger.db.prisma.webhook_endpoints.update({
      where: { id: idToUuid(endpointId) },
      data: { paused_until: new Date(Date.now() + 60_000), circuit_open_until: new Date(Date.now() + 60_000) },
    })
  }

  test('makes due now what waits for a retry, and ends a pause and an open circuit', async () => {
    const id = await endpoint()
    await backOff(id)
    expect((await look()).waiting).toEqual([])
    expect(await bringForward(ledger.db.prisma, { merchantId, endpointId: id, ...PERIOD })).toBe(2)
    expect((await look()).waiting).toMatchObject([{ id, retries: 2, probe: true }])
    expect(await bringForward(ledger.db.prisma, { merchantId, endpointId: id, ...PERIOD })).toBe(0)
  })

  test('leaves alone what is in flight, of another period, or of another merchant', async () => {
    const id = await endpoint()
    await backOff(id)
    const other = { merchantId: newId('merchant'), endpointId: id, ...PERIOD }
    expect(await bringForward(ledger.db.prisma, other)).toBe(0)
    const earlier = { since: new Date(0), until: PERIOD.since }
    expect(await bringForward(ledger.db.prisma, { merchantId, endpointId: id, ...earlier })).toBe(0)
    await ledger.db.prisma.delivery_queue.updateMany({ data: { lease_until: new Date(Date.now() + 60_000) } })
    expect(await bringForward(ledger.db.prisma, { merchantId, endpointId: id, ...PERIOD })).toBe(0)
  })
})
