import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startPostgres } from '@ctrip/local-stack/postgres'
import { registry } from '@ctrip/telemetry/metrics'
import { Client } from 'pg'
import { type Database, type DatabaseOptions, type Executor, openDatabase } from '../src/database/database'
import { DatabaseUnavailableError } from '../src/database/errors'
import { transaction } from '../src/database/transaction'

// A Postgres of our own: it is stopped and started again.
let folder: string
let postgres: Awaited<ReturnType<typeof startPostgres>>
const opened: Database[] = []

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ctrip-db-test-'))
  postgres = await startPostgres({ folder })
})
afterEach(async () => {
  for (const db of opened.splice(0)) await db.close()
})
afterAll(async () => {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

function open(options: Partial<DatabaseOptions> = {}): Database {
  const usual = { url: postgres.url, applicationName: 'ctrip-test', poolSize: 4, slowQueryMs: 60_000 }
  const db = openDatabase({ ...usual, ...options })
  opened.push(db)
  return db
}

async function restart(): Promise<void> {
  postgres = await startPostgres({ folder, port: Number(new URL(postgres.url).port) })
}

const answer = (db: Database) => db.query('test.answer', (prisma) => prisma.$queryRaw`SELECT 1 AS answer`)

async function metric(name: string): Promise<number> {
  const line = (await registry.metrics()).split('\n').find((each) => each.startsWith(name))
  return Number(line?.split(' ')[1] ?? 0)
}

describe('while Postgres is away', () => {
  it('everything says so, and goes on when it is back', async () => {
    const db = open()
    await answer(db)
    await postgres.stop()
    await expect(answer(db)).rejects.toThrow(DatabaseUnavailableError)
    await expect(transaction(db, 'test', (tx) => tx.$queryRaw`SELECT 1`)).rejects.toThrow(DatabaseUnavailableError)
    await expect(db.ping()).rejects.toThrow(DatabaseUnavailableError)
    await restart()
    await expect(answer(db)).resolves.toEqual([{ answer: 1 }])
    await expect(transaction(db, 'test', (tx) => tx.$queryRaw`SELECT 2 AS answer`)).resolves.toEqual([{ answer: 2 }])
  })

  it('a transaction that it interrupts says so, and has left nothing', async () => {
    const db = open()
    await db.prisma.$executeRaw`CREATE TABLE interrupted (n int)`
    const interrupted = transaction(db, 'test', async (tx) => {
      await tx.$executeRaw`INSERT INTO interrupted VALUES (1)`
      await postgres.stop()
      await tx.$executeRaw`INSERT INTO interrupted VALUES (2)`
    })
    await expect(interrupted).rejects.toThrow(DatabaseUnavailableError)
    await restart()
    expect(await db.query('test', (prisma) => prisma.$queryRaw`SELECT * FROM interrupted`)).toEqual([])
  })

  it('an idle connection that breaks breaks nothing', async () => {
    const db = open({ poolSize: 1 })
    await answer(db)
    await postgres.stop()
    await restart()
    await expect(answer(db)).resolves.toEqual([{ answer: 1 }])
  })
})

it('a connection that an operator ends is unavailability, not a wrong query', async () => {
  const db = open()
  const ended = transaction(db, 'test', async (tx) => {
    const [row] = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`
    await endConnection(row?.pid ?? 0)
    await tx.$queryRaw`SELECT 1`
  })
  await expect(ended).rejects.toThrow(DatabaseUnavailableError)
})

async function endConnection(pid: number): Promise<void> {
  const client = new Client({ connectionString: postgres.url })
  await client.connect()
  await client.query('SELECT pg_terminate_backend($1, 5000)', [pid])
  await client.end()
}

describe('an exhausted pool', () => {
  it('is unavailability, and is counted', async () => {
    const db = open({ poolSize: 1 })
    const before = await metric('ctrip_db_pool_timeouts_total')
    const holder = Promise.withResolvers<number>()
    const holding = transaction(db, 'test.hold', async (tx) => {
      const [row] = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`
      holder.resolve(row?.pid ?? 0)
      await tx.$queryRaw`SELECT pg_sleep(60)`
    })
    const ended = expect(holding).rejects.toThrow(DatabaseUnavailableError)
    const pid = await holder.promise
    await expect(answer(db)).rejects.toThrow(DatabaseUnavailableError)
    await endConnection(pid)
    await ended
    expect(await metric('ctrip_db_pool_timeouts_total')).toBe(before + 1)
  })
})

describe('a deadlock', () => {
  it('is retried until both have come through', async () => {
    const db = open()
    await db.prisma.$executeRaw`CREATE TABLE pair (id int PRIMARY KEY, n int NOT NULL)`
    await db.prisma.$executeRaw`INSERT INTO pair VALUES (1, 0), (2, 0)`
    const before = await metric('ctrip_db_retries_total{operation="test.deadlock"}')
    const bothHoldOne = barrier(2)
    const addInOrder = (first: number, second: number) =>
      transaction(db, 'test.deadlock', async (tx) => {
        await add(tx, first)
        await bothHoldOne()
        await add(tx, second)
      })
    await Promise.all([addInOrder(1, 2), addInOrder(2, 1)])
    expect(await db.prisma.$queryRaw`SELECT * FROM pair ORDER BY id`).toEqual([
      { id: 1, n: 2 },
      { id: 2, n: 2 },
    ])
    expect(await metric('ctrip_db_retries_total{operation="test.deadlock"}')).toBe(before + 1)
  })

  const add = (tx: Executor, id: number) => tx.$executeRaw`UPDATE pair SET n = n + 1 WHERE id = ${id}`
})

/** Lets everyone through once this many have come; whoever comes later, at once. */
function barrier(count: number): () => Promise<void> {
  const all = Promise.withResolvers<void>()
  let missing = count
  return () => {
    missing -= 1
    if (missing === 0) all.resolve()
    return all.promise
  }
}

it('a mistake in a statement is not taken for unavailability', async () => {
  const failing = open().query('test', (prisma) => prisma.$queryRaw`SELECT * FROM nowhere`)
  await expect(failing).rejects.toThrow(/relation "nowhere" does not exist/)
  await expect(failing).rejects.not.toThrow(DatabaseUnavailableError)
})

it('an error of the work itself is passed on as it is, and rolls back', async () => {
  const db = open()
  await db.prisma.$executeRaw`CREATE TABLE rolled_back (n int)`
  const mistake = new Error('our own')
  const failing = transaction(db, 'test', async (tx) => {
    await tx.$executeRaw`INSERT INTO rolled_back VALUES (1)`
    throw mistake
  })
  await expect(failing).rejects.toBe(mistake)
  expect(await db.prisma.$queryRaw`SELECT * FROM rolled_back`).toEqual([])
})

describe('a statement that was prepared before a migration added a column', () => {
  it('returns the column', async () => {
    const db = open({ poolSize: 1 })
    await db.prisma.$executeRaw`CREATE TABLE growing (n int)`
    await db.prisma.$executeRaw`INSERT INTO growing VALUES (1)`
    const all = () => db.query('test', (prisma) => prisma.$queryRaw`SELECT * FROM growing`)
    expect(await all()).toEqual([{ n: 1 }])
    await migrateByOther('ALTER TABLE growing ADD COLUMN m int')
    expect(await all()).toEqual([{ n: 1, m: null }])
  })

  it('does not fail its transaction', async () => {
    const db = open({ poolSize: 1 })
    await db.prisma.$executeRaw`CREATE TABLE grown (n int)`
    const addAndRead = () =>
      transaction(db, 'test', async (tx) => {
        await tx.$executeRaw`INSERT INTO grown VALUES (1)`
        return tx.$queryRaw`SELECT * FROM grown`
      })
    expect(await addAndRead()).toEqual([{ n: 1 }])
    await migrateByOther('ALTER TABLE grown ADD COLUMN m int')
    expect(await addAndRead()).toEqual([
      { n: 1, m: null },
      { n: 1, m: null },
    ])
  })

  async function migrateByOther(statement: string): Promise<void> {
    const client = new Client({ connectionString: postgres.url })
    await client.connect()
    await client.query(statement)
    await client.end()
  }
})

it('plans a statement once for each connection', async () => {
  const db = open({ poolSize: 1 })
  for (let n = 0; n < 3; n++) await answer(db)
  const kept = await db.query(
    'test',
    (prisma) => prisma.$queryRaw<{ uses: bigint }[]>`
      SELECT generic_plans + custom_plans AS uses FROM pg_prepared_statements WHERE statement = 'SELECT 1 AS answer'`,
  )
  expect(kept).toEqual([{ uses: 3n }])
})

it('plans a statement on partitions once, where that was asked for', async () => {
  const db = open({ poolSize: 1, planOnce: true })
  await db.prisma.$executeRaw`CREATE TABLE parted (id int) PARTITION BY RANGE (id)`
  for (let n = 0; n < 20; n++)
    await db.prisma.$executeRawUnsafe(
      `CREATE TABLE parted_${n} PARTITION OF parted FOR VALUES FROM (${n}) TO (${n + 1})`,
    )
  for (let n = 0; n < 10; n++) await db.prisma.$queryRaw`SELECT FROM parted WHERE id = ${n}`
  const plans = await db.prisma.$queryRaw`
    SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT FROM parted%'`
  expect(plans).toEqual([{ generic_plans: 10n, custom_plans: 0n }])
})

it('makes plans that will do when a table has grown, also while it is empty', async () => {
  const db = open()
  await db.prisma.$executeRaw`CREATE TABLE still_empty (id int PRIMARY KEY)`
  const plan = await db.query(
    'test',
    (prisma) => prisma.$queryRaw`EXPLAIN SELECT * FROM still_empty WHERE id = ANY('{1,2,3}')`,
  )
  expect(JSON.stringify(plan)).toContain('still_empty_pkey')
})

it('a slow operation is told by its name', async () => {
  const told: string[] = []
  const db = open({ slowQueryMs: 0, onSlow: (operation) => void told.push(operation) })
  await answer(db)
  expect(told).toEqual(['test.answer'])
})
