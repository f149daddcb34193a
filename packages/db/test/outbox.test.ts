import type { EventDraft } from '@ctrip/domain/events'
import { type EventId, idToUuid, newId } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import type { Executor } from '../src/database/database'
import { LeaseLostError } from '../src/database/errors'
import { transaction } from '../src/database/transaction'
import { appendEvents } from '../src/events/events'
import { databaseSize, markPublished, outboxBacklog, readOutbox } from '../src/events/outbox'
import { acquireLease, type Lease } from '../src/leases/leases'
import { type Ledger, openLedger } from './ledger'
import { seedPayment } from './seed'

let ledger: Ledger
let payment: Payment
let lease: Lease
beforeEach(async () => {
  ledger = await openLedger()
  payment = await seedPayment(ledger.db)
  lease = await take('relay-1')
})
afterEach(() => ledger.close())

async function take(owner: string): Promise<Lease> {
  const taken = await acquireLease(ledger.db, 'outbox-relay', owner)
  if (taken === null) throw new Error('the lease is held by another')
  return taken
}

function draft(sequence: number, type: EventDraft['type'] = 'payment.partially_paid'): EventDraft {
  const { merchantId, id: subject, traceAnchor } = payment
  return { type, merchantId, subject, sequence, traceAnchor, data: {} }
}

function append(tx: Executor, ...drafts: readonly EventDraft[]): Promise<EventId[]> {
  return appendEvents(
    tx,
    drafts.map((each) => ({ draft: each, traceparent: payment.traceAnchor })),
  )
}

const commit = (...drafts: readonly EventDraft[]) => transaction(ledger.db, 'test', (tx) => append(tx, ...drafts))
const waiting = async () => (await readOutbox(ledger.db, 100)).map(({ eventId }) => eventId)

async function positions(): Promise<Map<string, number | null>> {
  const rows = await ledger.db.prisma.events.findMany()
  return new Map(rows.map((row) => [row.id, row.position === null ? null : Number(row.position)]))
}

async function positionsOf(ids: readonly EventId[]) {
  const all = await positions()
  return ids.map((id) => all.get(idToUuid(id)))
}

describe('the outbox', () => {
  it('has what was committed, in the order of its writing', async () => {
    const first = await commit(draft(2), draft(3))
    const second = await commit(draft(4))
    expect(await waiting()).toEqual([...first, ...second])
  })

  it('has nothing of what was rolled back', async () => {
    const failing = transaction(ledger.db, 'test', async (tx) => {
      await append(tx, draft(2))
      throw new Error('rolled back')
    })
    await expect(failing).rejects.toThrow('rolled back')
    expect(await waiting()).toEqual([])
  })

  it('gives an entry what the relay needs, with the body as it was written', async () => {
    const [id] = await commit(draft(2))
    const [entry] = await readOutbox(ledger.db, 1)
    expect(entry).toMatchObject({ eventId: id, type: 'payment.partially_paid', traceAnchor: payment.traceAnchor })
    expect(JSON.parse(entry?.body ?? '')).toMatchObject({ id, sequence: 2 })
  })

  it('tells how many wait, and for how long', async () => {
    expect(await outboxBacklog(ledger.db)).toEqual({ pending: 0, oldestAgeSeconds: 0 })
    await commit(draft(2), draft(3))
    const { pending, oldestAgeSeconds } = await outboxBacklog(ledger.db)
    expect(pending).toBe(2)
    expect(oldestAgeSeconds).toBeGreaterThanOrEqual(0)
  })
})

describe('the size of the database', () => {
  it('is its bytes on disk and the log that replication slots hold back, which without slots is none', async () => {
    const { bytes, walRetainedBytes } = await databaseSize(ledger.db)
    expect(bytes).toBeGreaterThan(1_000_000)
    expect(walRetainedBytes).toBe(0)
  })
})

describe('what is published', () => {
  it('leaves the outbox, has a position, and waits for the fan-out', async () => {
    const ids = await commit(draft(2), draft(3))
    await markPublished(ledger.db, lease, ids)
    expect(await waiting()).toEqual([])
    expect(await positionsOf(ids)).toEqual([1, 2])
    expect(await ledger.db.prisma.fan_out_queue.count()).toBe(2)
  })

  it('is not fanned out when it is about webhooks', async () => {
    const ids = await commit(draft(0, 'webhook.dead_lettered'))
    await markPublished(ledger.db, lease, ids)
    expect(await ledger.db.prisma.fan_out_queue.count()).toBe(0)
  })

  it('leaves behind in the outbox what was not', async () => {
    const [first, second] = await commit(draft(2), draft(3))
    await markPublished(ledger.db, lease, first === undefined ? [] : [first])
    expect(await waiting()).toEqual([second])
  })

  it('has a position after all that were given before, although it was written first and committed late', async () => {
    const lateWritten = Promise.withResolvers<EventId[]>()
    const commitLate = Promise.withResolvers<void>()
    const late = transaction(ledger.db, 'test', async (tx) => {
      lateWritten.resolve(await append(tx, draft(2)))
      await commitLate.promise
    })
    const lateIds = await lateWritten.promise
    const early = await commit(draft(3), draft(4))
    expect(await waiting()).toEqual(early)
    await markPublished(ledger.db, lease, early)
    commitLate.resolve()
    await late
    expect(await waiting()).toEqual(lateIds)
    await markPublished(ledger.db, lease, lateIds)
    expect(await positionsOf([...early, ...lateIds])).toEqual([1, 2, 3])
  })

  it('has positions without gaps, also when a relay was fenced off between two others', async () => {
    const [first = [], second = [], third = []] = [
      await commit(draft(2)),
      await commit(draft(3)),
      await commit(draft(4)),
    ]
    await markPublished(ledger.db, lease, first)
    await ledger.db.prisma.$executeRaw`UPDATE leases SET lease_until = clock_timestamp()`
    const successor = await take('relay-2')
    await expect(markPublished(ledger.db, lease, second)).rejects.toThrow(LeaseLostError)
    expect(await waiting()).toEqual([...second, ...third])
    await markPublished(ledger.db, successor, [...second, ...third])
    expect(await positionsOf([...first, ...second, ...third])).toEqual([1, 2, 3])
  })

  it('keeps the order of two batches that are marked at the same time', async () => {
    const batches = await Promise.all([2, 3, 4, 5].map((sequence) => commit(draft(sequence), draft(sequence + 10))))
    await Promise.all(batches.map((ids) => markPublished(ledger.db, lease, ids)))
    const given = [...(await positions()).values()].sort((a, b) => (a ?? 0) - (b ?? 0))
    expect(given).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
})

it('an event of a day that has no partition yet is not refused', async () => {
  const id = idToUuid(newId('event', Date.parse('2031-05-05')))
  await ledger.db.prisma.$executeRaw`
    INSERT INTO events (id, merchant_id, type, sequence, body, trace_anchor, traceparent, created_at)
    VALUES (${id}::uuid, ${id}::uuid, 'payment.created', 1, '{}', '', '', now())`
  expect(await ledger.db.prisma.events.count({ where: { id } })).toBe(1)
})
