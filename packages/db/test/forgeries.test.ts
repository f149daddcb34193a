import { amount } from '@ctrip/domain/amount'
import type { EventType } from '@ctrip/domain/events'
import { idToUuid, newId } from '@ctrip/domain/ids'
import type { Payment, Transfer } from '@ctrip/domain/payment/payment'
import { STAGE_EVENTS } from '@ctrip/domain/payment/stages'
import { renderPayment } from '@ctrip/domain/payment/view'
import { Client } from 'pg'
import type { ScannedBlock } from '../src/chains/scanned-blocks'
import { transaction } from '../src/database/transaction'
import { toEventRow } from '../src/events/events'
import { readPayments } from '../src/payments/payments'
import { applyRoles, SERVICE_ROLES } from '../src/schema/service-roles'
import { type Ledger, openLedger } from './ledger'
import {
  blockOn,
  CHAIN,
  ETH,
  nativeTransfer,
  randomAddress,
  randomHash,
  seedChain,
  seedPayment,
  writeBlock,
} from './seed'

// A stolen login of one service must not forge a payment. Each case runs as the role of a service, up to and including the checks
// that a commit makes, and is rolled back.

const NO_RIGHT = '42501'
const NOT_SUPPORTED = '23000'
const { api, scanner, sweeper, 'webhook-dispatcher': dispatcher } = SERVICE_ROLES
const ROLES = Object.values(SERVICE_ROLES)

let ledger: Ledger
let client: Client
let payment: Payment
let tip: ScannedBlock

beforeAll(async () => {
  ledger = await openLedger()
  await applyRoles(ledger.url, {})
  client = new Client({ connectionString: ledger.url })
  await client.connect()
  tip = await seedChain(ledger.db)
  payment = await seedPayment(ledger.db)
})
afterAll(async () => {
  await client.end()
  await ledger.close()
})

interface Statement {
  readonly sql: string
  readonly values?: readonly unknown[]
}

/** The SQLSTATE with which the database refuses these statements or their commit; null if it would commit them. */
async function refusal(role: string, ...statements: readonly Statement[]): Promise<string | null> {
  await client.query('BEGIN')
  try {
    await client.query(`SET LOCAL ROLE ${role}`)
    for (const { sql, values } of statements) await client.query(sql, values === undefined ? [] : [...values])
    await client.query('SET CONSTRAINTS ALL IMMEDIATE')
    return null
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  } finally {
    await client.query('ROLLBACK')
  }
}

/** 100 base units that nobody sent, confirmed. */
const INVENTED: Transfer = {
  id: newId('transfer'),
  ...CHAIN,
  asset: ETH,
  kind: 'native',
  txHash: randomHash(),
  ordinal: 0,
  logIndex: null,
  from: randomAddress(),
  to: randomAddress(),
  amount: amount(100n),
  blockNumber: 1,
  blockHash: randomHash(),
  blockTime: new Date('2026-01-01T00:01:00Z'),
  status: 'confirmed',
  inTime: true,
  collected: false,
}

const confirmed = (): Payment => ({
  ...payment,
  status: 'confirmed',
  amountReceived: amount(100n),
  amountConfirmed: amount(100n),
})

/** An event as a service would write it, with a body of the forger's choice. */
function event(type: EventType, about: Payment, transfers: readonly Transfer[], changes: Record<string, unknown> = {}) {
  const data = { payment: renderPayment(about, transfers, 10) }
  const { merchantId, id: subject, sequence, traceAnchor } = about
  const row = { ...toEventRow({ type, merchantId, subject, sequence, traceAnchor, data }, traceAnchor), ...changes }
  const columns = [
    'merchant_id',
    'type',
    'payment_id',
    'sequence',
    'body',
    'trace_anchor',
    'traceparent',
    'created_at',
  ] as const
  return {
    row,
    insert: {
      sql: `INSERT INTO events (id, ${columns.join(', ')}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values: [row.uuid, ...columns.map((column) => row[column])],
    },
    queue: { sql: 'INSERT INTO outbox (event_id) VALUES ($1)', values: [row.uuid] },
  }
}

const change = (set: string): Statement => ({
  sql: `UPDATE payments SET ${set} WHERE id = $1`,
  values: [idToUuid(payment.id)],
})

describe('a confirmation that no transfer supports is refused', () => {
  it.each(ROLES)('as an event that %s writes', async (role) => {
    const forged = event('payment.confirmed', confirmed(), [INVENTED])
    expect([NO_RIGHT, NOT_SUPPORTED]).toContain(await refusal(role, forged.insert, forged.queue))
  })

  it.each(ROLES)('as an event of a harmless type with a body of its own, by %s', async (role) => {
    const forged = event('payment.confirmed', confirmed(), [INVENTED])
    for (const type of [
      'payment.created',
      'payment.expired',
      'sweep.planned',
      'webhook.dead_lettered',
      'endpoint.test',
    ]) {
      const harmless = event('payment.confirmed', confirmed(), [INVENTED], { type })
      expect([NO_RIGHT, NOT_SUPPORTED]).toContain(await refusal(role, harmless.insert, forged.queue))
    }
  })

  it.each([api, scanner, sweeper])('as a status that %s writes', async (role) => {
    for (const status of ['partially_paid', 'detected', 'confirmed', 'expired', 'canceled'])
      expect(await refusal(role, change(`status = '${status}'`))).toBe(NOT_SUPPORTED)
    expect(await refusal(role, change("status = 'settled', settled_at = now()"))).toBe(NOT_SUPPORTED)
  })

  it.each([api, scanner, sweeper])('as a status and its event, written together by %s', async (role) => {
    const forged = event('payment.confirmed', { ...confirmed(), sequence: 2 }, [INVENTED])
    const statements = [change("status = 'confirmed', sequence = 2"), forged.insert, forged.queue]
    expect([NO_RIGHT, NOT_SUPPORTED]).toContain(await refusal(role, ...statements))
  })

  it('as an amount that the scanner writes', async () => {
    expect(await refusal(scanner, change('amount_received = 100'))).toBe(NOT_SUPPORTED)
  })

  it('as a new payment of the API that has received something, or is paid', async () => {
    const insert = (columns: string, values: string): Statement => ({
      sql: `INSERT INTO payments (id, merchant_id, chain, chain_id, asset_symbol, asset_decimals, amount, tolerance_bps, late_policy,
        address, metadata, checkout_url, trace_anchor, created_at, expires_at, status, sequence${columns})
        SELECT gen_random_uuid(), merchant_id, chain, chain_id, asset_symbol, asset_decimals, amount, 0, 'accept',
        decode(repeat('ab', 20), 'hex'), '{}', '', trace_anchor, created_at, expires_at, ${values} FROM payments LIMIT 1`,
    })
    expect(await refusal(api, insert('', "'pending', 1"))).toBeNull()
    expect(await refusal(api, insert('', "'confirmed', 1"))).toBe(NO_RIGHT)
    expect(await refusal(api, insert(', amount_received', "'pending', 1, 5"))).toBe(NO_RIGHT)
  })
})

describe('an event is refused', () => {
  const created = (changes: Record<string, unknown> = {}, about = payment) =>
    event('payment.created', about, [], changes).insert

  it('that tells of a payment which this transaction has not changed', async () => {
    expect(await refusal(api, created())).toBe(NOT_SUPPORTED)
    expect(await refusal(api, change("metadata = '{}'"), created())).toBeNull()
  })

  it('that shows a merchant the payment of another', async () => {
    const other = idToUuid(newId('merchant'))
    expect(await refusal(api, change("metadata = '{}'"), created({ merchant_id: other }))).toBe(NOT_SUPPORTED)
  })

  it('whose body says one thing twice', async () => {
    const { row } = event('payment.created', payment, [])
    const twice = row.body.replace('{', '{"type":"payment.confirmed",')
    expect(await refusal(api, change("metadata = '{}'"), created({ body: twice }))).toBe(NOT_SUPPORTED)
  })

  it.each([
    ['another amount', { amount: amount(1n) }],
    ['another address', { address: randomAddress() }],
    ['other notes', { metadata: { order: '8' } }],
    ['another id', { id: newId('payment') }],
  ])('whose body shows %s', async (_, changes) => {
    const view = { ...payment, ...changes }
    const forged = created({ payment_id: idToUuid(payment.id) }, view)
    expect(await refusal(api, change("metadata = '{}'"), forged)).toBe(NOT_SUPPORTED)
  })
})

describe('the queues', () => {
  it.each(ROLES)('are neither filled nor emptied by %s, but through their functions', async (role) => {
    for (const table of ['outbox', 'fan_out_queue'])
      expect(await refusal(role, { sql: `DELETE FROM ${table}` })).toBe(NO_RIGHT)
    expect(await refusal(role, { sql: 'INSERT INTO fan_out_queue (event_id) VALUES (gen_random_uuid())' })).toBe(
      NO_RIGHT,
    )
    expect(await refusal(role, { sql: 'UPDATE events SET position = 1' })).toBe(NO_RIGHT)
    expect(await refusal(role, { sql: 'UPDATE relay_state SET position = 1' })).toBe(NO_RIGHT)
  })

  it.each(ROLES)('are published from by %s only with the lease of the relay', async (role) => {
    const publish = { sql: "SELECT publish_events('nobody', 1, '{}')" }
    expect(await refusal(role, publish)).toBe('CT001')
    const take = { sql: "INSERT INTO leases VALUES ('outbox-relay', 'nobody', 1, now() + interval '3 seconds')" }
    expect(await refusal(role, take, publish)).toBeNull()
  })

  it('take no delivery of an event to the endpoint of another merchant', async () => {
    const [mine, theirs] = [idToUuid(payment.merchantId), idToUuid((await seedPayment(ledger.db)).merchantId)]
    const { row, insert } = event('payment.created', payment, [])
    await client.query(insert.sql, insert.values)
    const deliver = async (merchant: string): Promise<Statement> => {
      const { rows } = await client.query<{ id: string }>(
        `INSERT INTO webhook_endpoints (id, merchant_id, url, events, secret) VALUES (gen_random_uuid(), $1, '', '{*}', '') RETURNING id`,
        [merchant],
      )
      return {
        sql: `INSERT INTO deliveries (event_id, endpoint_id, trigger, id, merchant_id, event_type, status)
          VALUES ($1, $2, 'resend', gen_random_uuid(), $3, 'payment.created', 'pending')`,
        values: [row.uuid, rows[0]?.id, merchant],
      }
    }
    expect(await refusal(api, await deliver(mine))).toBeNull()
    expect(await refusal(api, await deliver(theirs))).toBe(NO_RIGHT)
    expect(await refusal(dispatcher, await deliver(mine))).toBe(NO_RIGHT)
  })
})

describe('a lease', () => {
  const freeze = (set: string): Statement => ({ sql: `UPDATE leases SET ${set} WHERE name = 'chain-writer:31337'` })
  beforeAll(() =>
    client.query("INSERT INTO leases VALUES ('chain-writer:31337', 'a scanner', 7, now() + interval '3 seconds')"),
  )

  it.each([api, sweeper, dispatcher])('of the scanner is neither made nor taken by %s', async (role) => {
    await client.query('BEGIN')
    await client.query(`SET LOCAL ROLE ${role}`)
    const { rowCount } = await client.query("UPDATE leases SET lease_until = now() WHERE name = 'chain-writer:31337'")
    await client.query('ROLLBACK')
    expect(rowCount).toBe(0)
    const make = { sql: "INSERT INTO leases VALUES ('chain-writer:1', 'me', 1, now())" }
    expect(await refusal(role, make)).toBe(NO_RIGHT)
  })

  it.each([
    ["lease_until = 'infinity'", NO_RIGHT],
    ['epoch = 9223372036854775807', 'P0001'],
    ["name = 'chain-writer:1'", 'P0001'],
    ["owner = 'me'", 'P0001'],
  ])('cannot be frozen by its own service: %s', async (set, code) => {
    expect(await refusal(scanner, freeze(set))).toBe(code)
  })
})

describe('a name that a role makes', () => {
  it.each(ROLES)(
    'does not stand in for a table of ours: %s makes no temporary table, schema or large object',
    async (role) => {
      for (const sql of ['CREATE TEMP TABLE events (id uuid)', 'CREATE TABLE public.events2 ()', 'CREATE SCHEMA mine'])
        expect(await refusal(role, { sql })).toBe(NO_RIGHT)
      expect(await refusal(role, { sql: 'SELECT lo_create(0)' })).toBe(NO_RIGHT)
    },
  )

  it('is read by no function: each names the schemas it reads, or has bound its names', async () => {
    const { rows } = await client.query(`SELECT pg_proc.oid::regprocedure::text FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p') AND prosqlbody IS NULL
        AND NOT coalesce('search_path=public, pg_temp' = ANY(proconfig), false)`)
    expect(rows).toEqual([])
  })

  it('is no way around the merchant of a delivery', async () => {
    await client.query('CREATE TEMP TABLE webhook_endpoints (id uuid, merchant_id uuid)')
    await client.query('GRANT ALL ON pg_temp.webhook_endpoints TO PUBLIC')
    const { row, insert } = event('payment.created', payment, [])
    await client.query(insert.sql, insert.values)
    const endpoint = idToUuid(newId('webhookEndpoint'))
    await client.query('INSERT INTO pg_temp.webhook_endpoints VALUES ($1, $2)', [
      endpoint,
      idToUuid(payment.merchantId),
    ])
    const deliver = {
      sql: `INSERT INTO deliveries (event_id, endpoint_id, trigger, id, merchant_id, event_type, status)
        VALUES ($1, $2, 'resend', gen_random_uuid(), $3, 'payment.created', 'pending')`,
      values: [row.uuid, endpoint, idToUuid(payment.merchantId)],
    }
    expect(await refusal(api, deliver)).toBe(NO_RIGHT)
    await client.query('DROP TABLE pg_temp.webhook_endpoints')
  })
})

describe('a lock on a table', () => {
  const DELETES: Readonly<Record<string, readonly string[]>> = {
    // A right to delete cannot be given by columns (docs/rights.md).
    [api]: ['delivery_queue', 'idempotency_keys', 'wallets', 'webhook_endpoints'],
    [scanner]: ['blocks', 'rate_rounds', 'trace_debts'],
    [sweeper]: ['collection_waits', 'gas_wallet_shortages', 'sweep_pauses', 'sweep_waits', 'wallets'],
    [dispatcher]: ['delivery_queue'],
  }

  it.each(ROLES)('that keeps others out is refused to %s, where it deletes nothing', async (role) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        AND NOT relispartition ORDER BY relname`,
    )
    const locked: string[] = []
    for (const { name } of rows) {
      const code = await refusal(role, { sql: `LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE NOWAIT` })
      if (code !== NO_RIGHT) locked.push(name)
    }
    expect(locked).toEqual(DELETES[role])
  })
})

describe('an event that is published', () => {
  it.each(ROLES)('is not put into the outbox again by %s, and keeps its position', async (role) => {
    const { row, insert } = event('payment.created', payment, [])
    await client.query(insert.sql, insert.values)
    await client.query('UPDATE events SET position = 7 WHERE id = $1', [row.uuid])
    const queue = { sql: 'INSERT INTO outbox (event_id) VALUES ($1)', values: [row.uuid] }
    expect(await refusal(role, queue)).toBe(NOT_SUPPORTED)

    await client.query('BEGIN')
    await client.query(queue.sql, queue.values)
    await client.query("INSERT INTO leases VALUES ('outbox-relay', 'me', 1, now() + interval '3 seconds')")
    await client.query("SELECT publish_events('me', 1, ARRAY[$1::uuid])", [row.uuid])
    const { rows } = await client.query('SELECT position FROM events WHERE id = $1', [row.uuid])
    await client.query('ROLLBACK')
    expect(rows).toEqual([{ position: '7' }])
  })
})

describe('a cancellation', () => {
  it('is not asked for in the past, nor twice', async () => {
    expect(await refusal(api, change("cancel_requested_at = '2026-01-01'"))).toBe(NOT_SUPPORTED)
    expect(await refusal(api, change('cancel_requested_at = now()'))).toBeNull()
    const twice = [change('cancel_requested_at = now()'), change('cancel_requested_at = NULL')]
    expect(await refusal(api, ...twice)).toBe(NOT_SUPPORTED)
  })
})

describe('a payment that is paid', () => {
  let paid: Payment
  let transfer: Transfer
  beforeAll(async () => {
    paid = await seedPayment(ledger.db)
    await transaction(ledger.db, 'test.pay', (tx) => writeBlock(tx, blockOn(tip), [nativeTransfer(paid.address, 100n)]))
    const [read] = await readPayments(ledger.db.prisma, [paid.id])
    const [found] = read?.transfers ?? []
    if (found === undefined) throw new Error('a transfer is recorded')
    transfer = { ...found, status: 'confirmed' }
    await client.query("UPDATE payments SET status = 'detected', amount_received = 100 WHERE id = $1", [
      idToUuid(paid.id),
    ])
    await client.query(step('pending', 'detected').sql, [idToUuid(paid.id)])
  })

  const step = (from: string, to: string): Statement => ({
    sql: `INSERT INTO payment_transitions (payment_id, from_status, to_status, sequence, actor, trace_id) VALUES ($1, '${from}', '${to}', 2, '', '')`,
    values: paid === undefined ? [] : [idToUuid(paid.id)],
  })
  const set = (columns: string): Statement => ({ ...change(columns), values: [idToUuid(paid.id)] })
  /** The payment's rows as the scanner confirms it, without its event. */
  const confirm = (): Statement[] => [
    { sql: "UPDATE transfers SET status = 'confirmed' WHERE payment_id = $1", values: [idToUuid(paid.id)] },
    set("status = 'confirmed', amount_confirmed = 100, sequence = 2"),
    step('detected', 'confirmed'),
  ]
  const told = (type: EventType, sequence = 2, transfers = [transfer], received = 100n) =>
    event(
      type,
      { ...paid, status: 'confirmed', sequence, amountReceived: amount(received), amountConfirmed: amount(received) },
      transfers,
    )

  it('is confirmed by the scanner with its event, and not without', async () => {
    expect(await refusal(scanner, ...confirm(), told('payment.confirmed').insert)).toBeNull()
    expect(await refusal(scanner, ...confirm())).toBe(NOT_SUPPORTED)
    expect(
      await refusal(scanner, ...confirm(), told('payment.confirmed').insert, told('payment.confirmed').insert),
    ).toBe(NOT_SUPPORTED)
    const [transfers, payments] = confirm()
    if (transfers === undefined || payments === undefined) throw new Error('statements')
    expect(await refusal(scanner, transfers, payments, told('payment.confirmed').insert)).toBe(NOT_SUPPORTED)
  })

  it.each<[string, (data: { payment: Record<string, unknown>; transfer?: unknown }) => void]>([
    ['amount_display', (data) => Object.assign(data.payment, { amount_display: '100' })],
    ['amount_remaining', (data) => Object.assign(data.payment, { amount_remaining: '1' })],
    ['amount_accepted', (data) => Object.assign(data.payment, { amount_accepted: '1' })],
    ['decimals', (data) => Object.assign(data.payment, { asset: { symbol: 'ETH', contract: null, decimals: 6 } })],
    ['quote', (data) => Object.assign(data.payment, { quote: { currency: 'USD', amount: '1' } })],
    ['transfer', (data) => Object.assign(data, { transfer: { id: newId('transfer'), amount: '1' } })],
  ])('is told with no %s of the forger', async (_, forge) => {
    const { row, insert } = told('payment.confirmed')
    const body = JSON.parse(row.body) as { data: { payment: Record<string, unknown> } }
    forge(body.data)
    const values = insert.values.map((value) => (value === row.body ? JSON.stringify(body) : value))
    expect(await refusal(scanner, ...confirm(), { ...insert, values })).toBe(NOT_SUPPORTED)
  })

  it('is told with no transfer twice', async () => {
    const twice = told('payment.overpaid', 2, [transfer, transfer], 200n)
    const statements = [...confirm(), set('sequence = 3'), twice.insert, told('payment.confirmed', 3).insert]
    expect(await refusal(scanner, ...statements)).toBe(NOT_SUPPORTED)
  })

  it.each([sweeper, api])('is not told otherwise between two numbers of its sequence by %s', async (role) => {
    for (const status of ['pending', 'canceled', 'settled'] as const) {
      const type = status === 'pending' ? 'payment.reorged' : (`payment.${status}` as const)
      const between = event(type, { ...paid, status, sequence: 2 }, [])
      expect([NO_RIGHT, NOT_SUPPORTED]).toContain(await refusal(role, set('sequence = 3'), between.insert))
    }
    expect(await refusal(role, set('sequence = 3'))).toBe(NOT_SUPPORTED)
  })

  it('is not canceled by the API', async () => {
    for (const from of ['detected', 'pending', 'settled']) {
      const cancel = [set("status = 'canceled', cancel_requested_at = now()"), step(from, 'canceled')]
      expect([NO_RIGHT, NOT_SUPPORTED]).toContain(await refusal(api, ...cancel))
    }
    for (const role of [api, sweeper]) expect(await refusal(role, step('detected', 'pending'))).toBe(NO_RIGHT)
  })
})

it('the steps that the database allows are those of the domain', async () => {
  const statuses = Object.entries(STAGE_EVENTS)
  for (const [from, steps] of statuses) {
    const { rows } = await client.query<{ name: string }>(
      'SELECT name FROM unnest($1::text[]) name WHERE is_step($2, name)',
      [statuses.map(([status]) => status), from],
    )
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(steps).sort())
  }
})

it('the sweeper marks no payment as late or overpaid, and accepts nothing', async () => {
  expect(await refusal(sweeper, change("flags = '{overpaid}'"))).toBe(NOT_SUPPORTED)
  expect(await refusal(sweeper, change("flags = '{reorged}'"))).toBeNull()
  expect(await refusal(sweeper, change('late_accepted = true'))).toBe(NO_RIGHT)
})

describe('history', () => {
  it.each(ROLES)('younger than 30 days is not dropped by %s', async (role) => {
    for (const day of ["'2100-01-01'", 'current_date', 'current_date - 28'])
      expect([NO_RIGHT, '22023']).toContain(await refusal(role, { sql: `SELECT drop_daily_partitions(${day})` }))
  })

  it('is not drowned in partitions', async () => {
    expect(await refusal(dispatcher, { sql: 'SELECT ensure_daily_partitions(current_date, 100000)' })).toBe('22023')
  })
})

it('an expiry is moved later only', async () => {
  expect(await refusal(api, change("expires_at = expires_at - interval '1 second'"))).toBe(NOT_SUPPORTED)
  expect(await refusal(api, change("expires_at = expires_at + interval '1 second'"))).toBeNull()
})
