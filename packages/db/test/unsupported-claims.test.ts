import { randomUUID } from 'node:crypto'
import { type EventId, idToUuid, newId } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import { renderPayment } from '@ctrip/domain/payment/view'
import { FIRST_CLAIM, findUnsupportedClaims, nextEvents, nextPayments } from '../src/chains/unsupported-claims'
import { transaction } from '../src/database/transaction'
import { appendEvents } from '../src/events/events'
import { applyRoles, SERVICE_ROLES } from '../src/schema/service-roles'
import { type Ledger, openLedger } from './ledger'
import { seedChain, seedPayment } from './seed'

// Rows that no service could have written: an owner wrote them, or they are older than the checks.

let ledger: Ledger
beforeAll(async () => {
  ledger = await openLedger()
  await applyRoles(ledger.url, {})
  await seedChain(ledger.db)
})
afterAll(() => ledger.close())

/** Asked under the role of the scanner, which may not read endpoints. */
async function claims(payments: readonly Payment[]) {
  return transaction(ledger.db, 'test', async (tx) => {
    await tx.$executeRawUnsafe(`SET LOCAL ROLE ${SERVICE_ROLES.scanner}`)
    return findUnsupportedClaims(tx, { payments: payments.map(({ id }) => idToUuid(id)), events: [] })
  })
}

async function tell(payment: Payment, changes: Partial<Payment>): Promise<EventId> {
  const view = { ...payment, ...changes }
  const data = { payment: renderPayment(view, [], 1) }
  const { merchantId, id: subject, sequence, traceAnchor } = payment
  const type = view.status === 'pending' ? ('payment.created' as const) : ('payment.confirmed' as const)
  const draft = { type, merchantId, subject, sequence, traceAnchor, data }
  const [id] = await appendEvents(ledger.db.prisma, [{ draft, traceparent: traceAnchor }])
  if (id === undefined) throw new Error('no event was written')
  return id
}

it('finds nothing in a payment as the services write it', async () => {
  const payment = await seedPayment(ledger.db)
  await tell(payment, {})
  expect(await claims([payment])).toEqual([])
})

it('finds a payment that its transfers do not support, and whose history does not lead to its status', async () => {
  const payment = await seedPayment(ledger.db)
  await unchecked(`UPDATE payments SET status = 'confirmed' WHERE id = '${idToUuid(payment.id)}'`)
  const found = { paymentId: payment.id, chain: 'anvil', subject: 'payment', id: payment.id }
  expect(await claims([payment])).toEqual([
    { ...found, contradiction: 'it is confirmed, its transfers make it pending' },
    { ...found, contradiction: 'it is confirmed, its history ends with pending' },
  ])
})

it('finds an event that confirms what never came', async () => {
  const payment = await seedPayment(ledger.db)
  const id = await tell(payment, { status: 'confirmed' })
  expect(await claims([payment])).toMatchObject([
    { subject: 'event', id, contradiction: 'its body says confirmed with only 0 confirmed' },
  ])
})

it('finds a delivery that is pending and that nobody will make', async () => {
  const payment = await seedPayment(ledger.db)
  const event = await tell(payment, {})
  const id = newId('delivery')
  await ledger.db.prisma.deliveries.create({
    data: {
      event_id: idToUuid(event),
      endpoint_id: randomUUID(),
      trigger: 'event',
      id: idToUuid(id),
      merchant_id: idToUuid(payment.merchantId),
      event_type: 'payment.created',
      status: 'pending',
    },
  })
  expect(await claims([payment])).toMatchObject([{ subject: 'delivery', id }])
})

it('comes to every payment and every event once, page by page', async () => {
  const payments: string[] = []
  for (let after = FIRST_CLAIM, isLast = false; !isLast; ) {
    const page = await nextPayments(ledger.db.prisma, after, 2)
    payments.push(...page.payments)
    ;[after, isLast] = [page.last ?? after, page.isLast]
  }
  expect(new Set(payments).size).toBe(payments.length)
  expect(payments).toHaveLength(await ledger.db.prisma.payments.count())
  // None is 30 seconds old: transactions that began before may still commit.
  expect(await nextEvents(ledger.db.prisma, FIRST_CLAIM, 10)).toEqual({
    payments: [],
    events: [],
    last: null,
    isLast: true,
  })
})

async function unchecked(statement: string): Promise<void> {
  await transaction(ledger.db, 'test', async (tx) => {
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`
    await tx.$executeRawUnsafe(statement)
  })
}
