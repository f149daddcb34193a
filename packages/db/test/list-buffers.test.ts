import { randomUUID } from 'node:crypto'
import { addressFromBytes } from '@ctrip/domain/address'
import { idFromUuid, type MerchantId } from '@ctrip/domain/ids'
import { type Database, openDatabase } from '../src/database/database'
import { listEvents } from '../src/events/event-lists'
import { listPayments, type PaymentFilter } from '../src/payments/payment-lists'
import { listSweeps } from '../src/sweeps/sweep-lists'
import { type DeliveryFilter, listDeliveries } from '../src/webhooks/delivery-lists'
import { type Ledger, openLedger } from './ledger'

// A list costs what it returns, whatever others have: two merchants fill the tables, a third asks.

const ROWS_OF_OTHERS = 120_000
const ROWS_OF_OWN = 3_000
const DAYS = 30
const BUFFERS_MAX = 200
/** Events and deliveries are kept in a partition per day: a list asks each. */
const BUFFERS_OF_DAYS_MAX = 400
const LIMIT = 10

const SMALL = randomUUID()
const small = idFromUuid('merchant', SMALL)
const ENDPOINT = randomUUID()
let ledger: Ledger
/** One connection, so that what it has read can be asked of it. */
let db: Database

beforeAll(async () => {
  ledger = await openLedger()
  db = openDatabase({ url: ledger.url, applicationName: 'test', poolSize: 1, slowQueryMs: 60_000 })
  await fill()
}, 60_000)
afterAll(async () => {
  await db.close()
  await ledger.close()
})

const EVERYTHING: PaymentFilter = {
  ...{ status: null, chainId: null, asset: null, reference: null, createdFrom: null, createdBefore: null },
}
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)

it.each<[string, Partial<PaymentFilter>, number]>([
  ['no filter', {}, LIMIT],
  ['a status that few have', { status: 'canceled' }, 3],
  ['a status that none has', { status: 'detected' }, 0],
  ['a chain', { chainId: 10 }, 3],
  ['a chain that none has', { chainId: 5 }, 0],
  ['a symbol', { asset: { symbol: 'DAI' } }, 3],
  [
    'a contract',
    { asset: { contract: addressFromBytes(Buffer.from('5aaeb6053f3e94c9b9a09f33669435e7ef1beaed', 'hex')) } },
    3,
  ],
  ['a chain and a symbol', { chainId: 10, asset: { symbol: 'DAI' } }, 3],
  ['a reference', { reference: 'rare' }, 3],
  ['a reference that others have', { reference: 'usual' }, 0],
  ['a day long ago', { createdFrom: daysAgo(29), createdBefore: daysAgo(28) }, LIMIT],
  ['a time before all', { createdBefore: daysAgo(60) }, 0],
  ['a time to come', { createdFrom: daysAgo(-1) }, 0],
  ['a status and a time', { status: 'canceled', createdFrom: daysAgo(90) }, 3],
])('payments by %s', async (_, filter, found) => {
  const read = (merchant: MerchantId) =>
    listPayments(db.prisma, merchant, { ...EVERYTHING, ...filter }, { limit: LIMIT, startingAfter: null })
  const { result, buffers } = await counted(() => read(small))
  expect(result.items).toHaveLength(found)
  expect(buffers).toBeLessThan(BUFFERS_MAX)
})

it('payments on a page far behind', async () => {
  const all = await listPayments(db.prisma, small, EVERYTHING, { limit: ROWS_OF_OWN - 20, startingAfter: null })
  const last = all.items.at(-1)?.payment.id ?? null
  const { result, buffers } = await counted(() =>
    listPayments(db.prisma, small, EVERYTHING, { limit: LIMIT, startingAfter: last }),
  )
  expect(result.items).toHaveLength(LIMIT)
  expect(buffers).toBeLessThan(BUFFERS_MAX)
})

const ALL: DeliveryFilter = { endpointId: null, eventId: null, status: null }
it.each<[string, Partial<DeliveryFilter>, number]>([
  ['no filter', {}, LIMIT],
  ['an endpoint', { endpointId: idFromUuid('webhookEndpoint', ENDPOINT) }, LIMIT],
  ['an endpoint that has none', { endpointId: idFromUuid('webhookEndpoint', randomUUID()) }, 0],
  ['an event that is not there', { eventId: idFromUuid('event', randomUUID()) }, 0],
  ['pending', { status: 'pending' }, 3],
  ['delivered', { status: 'delivered' }, LIMIT],
  ['dead-lettered', { status: 'dead_lettered' }, 3],
])('deliveries: %s', async (_, filter, found) => {
  const { result, buffers } = await counted(() =>
    listDeliveries(db.prisma, small, { ...ALL, ...filter }, { limit: LIMIT, startingAfter: null }),
  )
  expect(result.items).toHaveLength(found)
  expect(buffers).toBeLessThan(BUFFERS_OF_DAYS_MAX)
})

it.each<[string, bigint, readonly string[] | null, number]>([
  ['from the beginning', 0n, null, LIMIT],
  ['after those of others', BigInt(ROWS_OF_OTHERS) + 2n, null, LIMIT],
  ['of some types', 0n, ['payment.*'], LIMIT],
])('events %s', async (_, after, types, found) => {
  const { result, buffers } = await counted(() => listEvents(db.prisma, small, { after, types, limit: LIMIT }))
  expect(result.items).toHaveLength(found)
  expect(buffers).toBeLessThan(BUFFERS_OF_DAYS_MAX)
})

it('sweeps', async () => {
  const { result, buffers } = await counted(() => listSweeps(db.prisma, small, { limit: LIMIT, startingAfter: null }))
  expect(result.items).toHaveLength(3)
  expect(buffers).toBeLessThan(BUFFERS_MAX)
})

/** Runs a list, and counts the blocks of tables and indexes that it looked at. Planned before, as a service's would be. */
async function counted<T>(list: () => Promise<T>): Promise<{ result: T; buffers: number }> {
  await list()
  const before = await blocksRead()
  const result = await list()
  return { result, buffers: (await blocksRead()) - before }
}

async function blocksRead(): Promise<number> {
  await db.prisma.$executeRaw`SELECT pg_stat_force_next_flush()`
  const rows = await db.prisma.$queryRaw<{ blocks: number }[]>`
    SELECT sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0))::int AS blocks
    FROM pg_statio_user_tables`
  return rows[0]?.blocks ?? 0
}

async function fill(): Promise<void> {
  const client = ledger.db.prisma
  // One session, and no checks of foreign keys: the rows matter as they are listed, not as they come about.
  await client.$transaction(
    async (tx) => {
      await tx.$executeRaw`SET LOCAL session_replication_role = replica`
      await tx.$executeRaw`SELECT ensure_daily_partitions(current_date - ${DAYS}::int, ${DAYS}::int)`
      await tx.$executeRaw`
        CREATE TEMPORARY TABLE given ON COMMIT DROP AS
        SELECT n, merchant, own, at, overlay(uuidv7_floor(at)::text PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid AS id
        FROM (
          SELECT n, n > ${ROWS_OF_OTHERS} AS own, CASE WHEN n > ${ROWS_OF_OTHERS} THEN ${SMALL}::uuid
              ELSE ('00000000-0000-7000-8000-00000000000' || n % 2)::uuid END AS merchant,
            now() - (n * 7919 % ${DAYS * 86_400}) * interval '1 second' AS at
          FROM generate_series(1, ${ROWS_OF_OTHERS + ROWS_OF_OWN}::int) n) numbered`
      await tx.$executeRaw`
        INSERT INTO payments (id, merchant_id, chain, chain_id, asset_symbol, asset_contract, asset_decimals, amount, tolerance_bps,
          late_policy, address, reference, metadata, checkout_url, trace_anchor, created_at, expires_at, status, sequence, settled_at)
        SELECT id, merchant, 'anvil', CASE WHEN own AND n % 1000 = 0 THEN 10 ELSE 31337 END,
          CASE WHEN own AND n % 1000 = 0 THEN 'DAI' ELSE 'ETH' END,
          CASE WHEN own AND n % 1000 = 0 THEN decode('5aaeb6053f3e94c9b9a09f33669435e7ef1beaed', 'hex') END, 18, 1, 0, 'accept',
          substring(sha256(n::text::bytea) FOR 20), CASE WHEN own AND n % 1000 = 0 THEN 'rare' WHEN NOT own THEN 'usual' END, '{}', '', '',
          date_trunc('milliseconds', at), at + interval '1 hour',
          CASE WHEN NOT own THEN (ARRAY['pending', 'canceled', 'expired', 'detected'])[n % 4 + 1]
            WHEN n % 1000 = 0 THEN 'canceled' ELSE 'expired' END, 1, NULL
        FROM given`
      await tx.$executeRaw`
        INSERT INTO events (id, merchant_id, type, sequence, body, trace_anchor, traceparent, created_at, position)
        SELECT id, merchant, 'payment.created', 1, '{}', '', '', at, n FROM given`
      await tx.$executeRaw`
        INSERT INTO deliveries (event_id, endpoint_id, trigger, id, merchant_id, event_type, status, dead_lettered_at)
        SELECT id, CASE WHEN own THEN ${ENDPOINT}::uuid ELSE merchant END, 'event', id, merchant, '',
          CASE WHEN own AND n % 1000 = 0 THEN 'pending' WHEN own AND n % 1000 = 1 THEN 'dead_lettered' WHEN NOT own AND n % 20 = 0
            THEN 'pending' WHEN NOT own AND n % 20 = 1 THEN 'dead_lettered' ELSE 'delivered' END,
          CASE WHEN n % 1000 = 1 AND own OR n % 20 = 1 AND NOT own THEN now() END FROM given`
      await tx.$executeRaw`
        INSERT INTO delivery_queue (delivery_id, event_id, endpoint_id, merchant_id, due_at)
        SELECT id, event_id, endpoint_id, merchant_id, now() FROM deliveries WHERE status = 'pending'`
      await tx.$executeRaw`
        INSERT INTO sweep_items (sweep_id, address, payment_id, merchant_id, chain_id, amount_planned, active)
        SELECT id, substring(sha256(n::text::bytea) FOR 20), id, merchant, 31337, 1, false FROM given WHERE NOT own OR n % 1000 = 0`
      await tx.$executeRaw`
        INSERT INTO sweeps (id, chain, chain_id, asset_symbol, asset_decimals, treasury, strategy, status, trace_anchor)
        SELECT id, 'anvil', 31337, 'ETH', 18, decode(repeat('cd', 20), 'hex'), 'native', 'planned', ''
        FROM given WHERE own AND n % 1000 = 0`
    },
    { timeout: 60_000 },
  )
  await client.$executeRaw`ANALYZE payments, events, deliveries, delivery_queue, sweep_items`
}
