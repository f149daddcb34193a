import { randomUUID } from 'node:crypto'
import { type Database, openDatabase } from '@ctrip/db/database/database'
import { migrate } from '@ctrip/db/schema/migrate'
import { claimDeliveries, lookForWork } from '@ctrip/db/webhooks/delivery-claims'
import { settleDeliveries } from '@ctrip/db/webhooks/delivery-settlement'
import { startPostgres } from '@ctrip/local-stack/postgres'
import { median, round } from './lab/statistics'

const ROWS = Number(process.env['ROWS'] ?? 10_000_000)
const ENDPOINTS = 50
const WAVE = 20_000
const SAMPLE = 200
const NO_FAILURE = { error: null, reason: null, responseBody: null, location: null }

/**
 * Compares the queue's speed before and after ten million deliveries. They pass in waves (queued and deleted, as settling does).
 * Before and after, it measures look, claim and settle of 64 deliveries, with the default autovacuum.
 */
export async function run(): Promise<object> {
  const postgres = await startPostgres()
  await migrate(postgres.url)
  const db = openDatabase({ url: postgres.url, applicationName: 'bench', poolSize: 4, slowQueryMs: 60_000 })
  try {
    await seedEndpoints(db)
    const before = await measure(db)
    const startedAt = performance.now()
    for (let poured = 0; poured < ROWS; poured += WAVE) await wave(db)
    const minutes = (performance.now() - startedAt) / 60_000
    const after = await measure(db)
    return { rows: ROWS, minutes: round(minutes, 2), before_ms: before, after_ms: after, queue_mb: await queueSize(db) }
  } finally {
    await db.close()
    await postgres.stop()
  }
}

async function seedEndpoints(db: Database): Promise<void> {
  await db.prisma.$executeRaw`INSERT INTO merchants (id, name) VALUES (new_uuidv7(), 'Bench')`
  await db.prisma.$executeRaw`
    INSERT INTO webhook_endpoints (id, merchant_id, url, events, secret)
    SELECT new_uuidv7(), (SELECT id FROM merchants), 'https://shop.example/' || n, '{*}', decode('00', 'hex')
    FROM generate_series(1, ${ENDPOINTS}::int) n`
}

/** One wave of rows through the queue: inserted, leased, deleted. */
async function wave(db: Database): Promise<void> {
  await enqueue(db, WAVE)
  await db.prisma.$executeRaw`UPDATE delivery_queue SET lease_token = gen_random_uuid(), lease_until = now()`
  await db.prisma.$executeRaw`DELETE FROM delivery_queue`
}

async function enqueue(db: Database, count: number): Promise<void> {
  await db.prisma.$executeRaw`
    WITH numbered AS (SELECT id, merchant_id, row_number() OVER (ORDER BY id) AS n FROM webhook_endpoints),
    made AS (
      INSERT INTO deliveries (event_id, endpoint_id, trigger, id, merchant_id, event_type, status)
      SELECT new_uuidv7(), id, 'event', new_uuidv7(), merchant_id, 'payment.confirmed', 'pending'
      FROM generate_series(1, ${count}::int) row JOIN numbered ON n = 1 + row % ${ENDPOINTS}
      RETURNING id, event_id, endpoint_id, merchant_id)
    INSERT INTO delivery_queue (delivery_id, event_id, endpoint_id, merchant_id, due_at)
    SELECT id, event_id, endpoint_id, merchant_id, now() FROM made`
}

async function measure(db: Database): Promise<{ look: number; claim: number; settle: number }> {
  const times = { look: [] as number[], claim: [] as number[], settle: [] as number[] }
  for (let n = 0; n < SAMPLE; n++) {
    await enqueue(db, 64)
    const [look, found] = await timed(() => lookForWork(db, { cursor: null, limit: 512, perEndpoint: 16 }))
    const shares = found.waiting.map(({ id }) => ({ endpointId: id, first: 16, retries: 16, probe: false }))
    const [claim, claimed] = await timed(() =>
      claimDeliveries(db, shares, { leaseToken: randomUUID(), leaseMs: 20_000 }),
    )
    const settlements = claimed.map(({ id, eventId, leaseToken }) => ({
      ...{ deliveryId: id, eventId, leaseToken, status: 'delivered' as const, dueAt: null, attempts: 1 },
      attempt: { n: 1, at: new Date(), statusCode: 204, durationMs: 5, ...NO_FAILURE },
    }))
    const [settle] = await timed(() => db.query('bench.settle', (prisma) => settleDeliveries(prisma, settlements)))
    times.look.push(look)
    times.claim.push(claim)
    times.settle.push(settle)
  }
  const middle = (some: readonly number[]) => round(median(some), 2)
  return { look: middle(times.look), claim: middle(times.claim), settle: middle(times.settle) }
}

async function queueSize(db: Database): Promise<number> {
  const rows = await db.prisma.$queryRaw<{ mb: number }[]>`
    SELECT (pg_total_relation_size('delivery_queue') / 1048576.0)::float8 AS mb`
  return round(rows[0]?.mb ?? Number.NaN, 2)
}

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const startedAt = performance.now()
  const result = await work()
  return [performance.now() - startedAt, result]
}
