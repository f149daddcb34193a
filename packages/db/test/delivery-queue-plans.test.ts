import { randomUUID } from 'node:crypto'
import { idFromUuid } from '@ctrip/domain/ids'
import { type Database, openDatabase } from '../src/database/database'
import { claimDeliveries, lookForWork } from '../src/webhooks/delivery-claims'
import { closeDeliveries, settleDeliveries } from '../src/webhooks/delivery-settlement'
import { type Ledger, openLedger } from './ledger'

const ENDPOINTS = 10
const BACKLOG = 10_000

let ledger: Ledger
/** As the dispatcher's, and one connection, so that what it has read can be asked of it. */
let db: Database
beforeEach(async () => {
  ledger = await openLedger()
  db = openDatabase({ url: ledger.url, applicationName: 'test', poolSize: 1, slowQueryMs: 60_000, planOnce: true })
})
afterEach(async () => {
  await db.close()
  await ledger.close()
})

test('look, claim and settlement read the first rows of a backlog, though the planner was told that the queue is empty', async () => {
  await seedEndpoints()
  await seedBacklog()
  // As autovacuum leaves it, when all has been delivered a moment before the next thousands come.
  await db.prisma.$executeRaw`UPDATE pg_class SET reltuples = 0, relpages = 100 WHERE oid = 'delivery_queue'::regclass`

  const look = await lookForWork(db, { cursor: null, limit: 512, perEndpoint: 16 })
  const shares = look.waiting.map(({ id }) => ({ endpointId: id, first: 2, retries: 0, probe: false }))
  const claimed = await claimDeliveries(db, shares, { leaseToken: randomUUID(), leaseMs: 20_000 })
  const settlements = claimed.map(({ id, eventId, leaseToken }) => ({
    ...{ deliveryId: id, eventId, leaseToken },
    ...{ status: 'delivered' as const, dueAt: null, attempt: null, attempts: 1 },
  }))
  const settled = await settleDeliveries(db.prisma, settlements)

  expect(look.waiting).toHaveLength(ENDPOINTS)
  expect(settled.size).toBe(2 * ENDPOINTS)
  const read = await entriesRead()
  expect(read).toBeGreaterThan(ENDPOINTS)
  expect(read).toBeLessThan(BACKLOG / 2)
})

test('closing an endpoint reads what waits for it, not what waits for others', async () => {
  await seedEndpoints()
  await seedBacklog()
  const rows = await db.prisma.$queryRaw<{ id: string }[]>`
    UPDATE webhook_endpoints SET enabled = false WHERE url = 'https://shop.example/1' RETURNING id`
  const endpoint_id = rows[0]?.id ?? ''
  const tried = await db.prisma.delivery_queue.findFirst({ where: { endpoint_id }, select: { delivery_id: true } })
  await db.prisma.delivery_queue.updateMany({ where: tried ?? {}, data: { attempts: 1 } })

  const before = await entriesRead()
  for (let round = 0; round < 3; round++)
    await closeDeliveries(db.prisma, idFromUuid('webhookEndpoint', endpoint_id), BACKLOG)
  expect((await entriesRead()) - before).toBeLessThan(BACKLOG)
  expect(await db.prisma.delivery_queue.count()).toBe(BACKLOG - BACKLOG / ENDPOINTS)
})

async function seedEndpoints(): Promise<void> {
  await db.prisma.$executeRaw`INSERT INTO merchants (id, name) VALUES (new_uuidv7(), 'Shop')`
  await db.prisma.$executeRaw`
    INSERT INTO webhook_endpoints (id, merchant_id, url, events, secret)
    SELECT new_uuidv7(), (SELECT id FROM merchants), 'https://shop.example/' || n, '{*}', decode('00', 'hex')
    FROM generate_series(1, ${ENDPOINTS}::int) n`
}

async function seedBacklog(): Promise<void> {
  await db.prisma.$executeRaw`
    INSERT INTO delivery_queue (delivery_id, event_id, endpoint_id, merchant_id, due_at)
    SELECT new_uuidv7(), new_uuidv7(), id, merchant_id, now()
    FROM webhook_endpoints, generate_series(1, ${BACKLOG / ENDPOINTS}::int)`
}

/** Entries of the queue's indexes, and rows of it where no index was used, that were read since the database was made. */
async function entriesRead(): Promise<number> {
  await db.prisma.$executeRaw`SELECT pg_stat_force_next_flush()`
  const rows = await db.prisma.$queryRaw<{ read: number }[]>`
    SELECT (seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'delivery_queue'))::int AS read
    FROM pg_stat_user_tables WHERE relname = 'delivery_queue'`
  return rows[0]?.read ?? 0
}
