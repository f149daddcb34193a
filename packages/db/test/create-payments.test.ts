import { idToUuid, newId } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import { transaction } from '../src/database/transaction'
import { claimIdempotencyKey, findAnswer, pruneIdempotencyKeys, storeAnswer } from '../src/merchants/idempotency'
import { createPayments, type NewPayment } from '../src/payments/create-payments'
import { readPayments } from '../src/payments/payments'
import { type Ledger, openLedger } from './ledger'
import { randomAddress, somePayment, USDC } from './seed'

const MERCHANT = newId('merchant')
const HASH = new Uint8Array(32).fill(1)

let ledger: Ledger
let nextIndex = 0
beforeAll(async () => {
  ledger = await openLedger()
  await ledger.db.prisma.merchants.create({ data: { id: idToUuid(MERCHANT), name: 'Shop' } })
  await ledger.db.prisma.wallets.create({ data: { fingerprint: 'w' } })
})
afterAll(() => ledger.close())

function scope(key: string) {
  return { caller: idToUuid(MERCHANT), method: 'POST', path: '/payments', key }
}

function toCreate(key: string | null = null, changes: Partial<Payment> = {}): NewPayment {
  const payment = somePayment({ merchantId: MERCHANT, address: randomAddress(), ...changes })
  const { id, merchantId, sequence, traceAnchor } = payment
  const stored = { requestHash: HASH, status: 201, sealedBody: Uint8Array.of(1, 2, 3) }
  return {
    payment,
    address: { wallet: 'w', index: nextIndex++ },
    actor: 'key_x',
    created: {
      draft: { type: 'payment.created', merchantId, subject: id, sequence, traceAnchor, data: { payment: { id } } },
      traceparent: traceAnchor,
    },
    answer: key === null ? null : { scope: scope(key), stored },
  }
}

async function exists({ payment }: NewPayment): Promise<boolean> {
  return (await readPayments(ledger.db.prisma, [payment.id])).length === 1
}

it('writes each with its address, first transition, event, place in the outbox and answer', async () => {
  const given = toCreate('all', { asset: USDC, reference: '"7"', metadata: { note: 'é' }, confirmationsRequired: null })
  expect(await createPayments(ledger.db.prisma, [given])).toEqual([true])
  const [subject] = await readPayments(ledger.db.prisma, [given.payment.id])
  expect(subject?.payment).toEqual(given.payment)
  const where = { payment_id: idToUuid(given.payment.id) }
  const { prisma } = ledger.db
  expect(await prisma.deposit_addresses.findMany({ where })).toMatchObject([
    { wallet: 'w', index: given.address.index },
  ])
  expect(await prisma.payment_transitions.findMany({ where })).toMatchObject([
    { from_status: null, to_status: 'pending', sequence: 1, actor: 'key_x' },
  ])
  const events = await prisma.events.findMany({ where })
  expect(events).toMatchObject([{ type: 'payment.created', sequence: 1, position: null }])
  expect(await prisma.outbox.count({ where: { event_id: events[0]?.id ?? '' } })).toBe(1)
  expect(await findAnswer(prisma, scope('all'))).toMatchObject({ status: 201, sealedBody: Uint8Array.of(1, 2, 3) })
})

it('leaves out one whose key has been answered, with all of it, and writes its neighbours', async () => {
  await createPayments(ledger.db.prisma, [toCreate('taken')])
  const batch = [toCreate(), toCreate('taken'), toCreate('free')]
  expect(await createPayments(ledger.db.prisma, batch)).toEqual([true, false, true])
  expect(await Promise.all(batch.map(exists))).toEqual([true, false, true])
})

it('leaves out one whose key another transaction works on, without waiting for it', async () => {
  await transaction(ledger.db, 'test.hold', async (tx) => {
    expect(await claimIdempotencyKey(tx, scope('held'))).toEqual({ kind: 'claimed' })
    expect(await createPayments(ledger.another().prisma, [toCreate('held'), toCreate()])).toEqual([false, true])
  })
  expect(await createPayments(ledger.db.prisma, [toCreate('held')])).toEqual([true])
})

it('writes one payment of many calls with one key at the same time', async () => {
  const calls = Array.from({ length: 20 }, () => createPayments(ledger.another().prisma, [toCreate('storm')]))
  const written = (await Promise.all(calls)).flat()
  expect(written.filter(Boolean)).toHaveLength(1)
}, 60_000)

it('writes nothing of a batch in which one is refused', async () => {
  const [good, bad] = [toCreate('good'), toCreate(null, { merchantId: newId('merchant') })]
  await expect(createPayments(ledger.db.prisma, [good, bad])).rejects.toThrow('violates foreign key constraint')
  expect(await exists(good)).toBe(false)
  expect(await findAnswer(ledger.db.prisma, scope('good'))).toBeNull()
})

it('takes a key again after 72 hours, and forgets its answer', async () => {
  const age = () =>
    ledger.db.prisma
      .$executeRaw`UPDATE idempotency_keys SET created_at = now() - interval '73 hours' WHERE key = 'aged'`
  expect(await createPayments(ledger.db.prisma, [toCreate('aged')])).toEqual([true])
  expect(await createPayments(ledger.db.prisma, [toCreate('aged')])).toEqual([false])
  await age()
  expect(await findAnswer(ledger.db.prisma, scope('aged'))).toBeNull()
  expect(await createPayments(ledger.db.prisma, [toCreate('aged')])).toEqual([true])
  await age()
  expect(await pruneIdempotencyKeys(ledger.db)).toBe(1)
  expect(await pruneIdempotencyKeys(ledger.db)).toBe(0)
})

it('stores no second answer beside one that was committed meanwhile', async () => {
  const answer = { requestHash: HASH, status: 201, sealedBody: Uint8Array.of(9) }
  await transaction(ledger.db, 'test.answer', async (tx) => {
    expect(await storeAnswer(tx, scope('late'), answer)).toBe(true)
  })
  await transaction(ledger.db, 'test.answer', async (tx) => {
    expect(await storeAnswer(tx, scope('late'), answer)).toBe(false)
  })
  await transaction(ledger.db, 'test.answer', async (tx) => {
    expect(await claimIdempotencyKey(tx, scope('late'))).toMatchObject({ kind: 'answered', answer: { status: 201 } })
  })
})
