import { moveCursor } from '@ctrip/db/chains/chain-state'
import type { ScannedBlock } from '@ctrip/db/chains/scanned-blocks'
import { ConflictError } from '@ctrip/db/database/errors'
import { transaction } from '@ctrip/db/database/transaction'
import { lockPayments, type PaymentChange, readPayments, savePayments } from '@ctrip/db/payments/payments'
import { amount } from '@ctrip/domain/amount'
import { idToUuid, type PaymentId } from '@ctrip/domain/ids'
import { transition } from '@ctrip/domain/payment/transition'
import { createLogger } from '@ctrip/telemetry/logger'
import { type Ledger, openLedger } from '../../db/test/ledger'
import { blockOn, CHAIN, ETH, nativeTransfer, seedChain, seedPayment, USDC, writeBlock } from '../../db/test/seed'
import { type ChangeResult, changePayments } from '../src/change-payments'
import { reportChanges } from '../src/report-changes'

const CHANGERS = 50
const CAUSE = { actor: 'ctrip-scanner', blockNumber: 1 }

let ledger: Ledger
let tip: ScannedBlock
beforeAll(async () => {
  ledger = await openLedger()
  tip = await seedChain(ledger.db)
})
afterAll(() => ledger.close())

async function read(id: PaymentId) {
  const [subject] = await readPayments(ledger.db.prisma, [id])
  if (subject === undefined) throw new Error(`${id} is not there`)
  return subject
}

async function eventsOf(id: PaymentId) {
  return ledger.db.prisma.events.findMany({ where: { payment_id: idToUuid(id) }, orderBy: { sequence: 'asc' } })
}

/** One block with one transfer to each of these, told in the same transaction. */
async function pay(ids: readonly PaymentId[], units: bigint): Promise<ChangeResult[]> {
  const block = blockOn(tip)
  const results = await transaction(ledger.db, 'test.pay', async (tx) => {
    await lockPayments(tx, ids)
    const subjects = await readPayments(tx, ids)
    const transfers = subjects.map(({ payment }) => nativeTransfer(payment.address, units))
    const recorded = await writeBlock(tx, block, transfers)
    await moveCursor(tx, CHAIN.chainId, tip.hash, block)
    const appeared = recorded.map(({ id }) => id)
    const fact = { kind: 'transfers_changed', appeared, reappeared: [], orphaned: [] } as const
    return changePayments(tx, ids, () => fact, CAUSE)
  })
  tip = block
  return results
}

describe('a payment read back', () => {
  it('is what was written', async () => {
    const payment = await seedPayment(ledger.db, {
      asset: USDC,
      amount: amount(2n ** 256n - 1n),
      toleranceBps: 250,
      latePolicy: 'review',
      confirmationsRequired: null,
      reference: 'order "7"',
      metadata: { note: 'é\\n' },
    })
    expect((await read(payment.id)).payment).toEqual(payment)
  })

  it('has its transfers and how far its chain was scanned', async () => {
    const { id } = await seedPayment(ledger.db)
    await pay([id], 60n)
    const subject = await read(id)
    expect(subject.chain).toEqual({ headNumber: tip.number, headTime: tip.time })
    expect(subject.transfers).toMatchObject([
      { amount: 60n, asset: ETH, status: 'included', blockHash: tip.hash, inTime: true, collected: false },
    ])
  })

  it('knows nothing of a chain that was not scanned yet', async () => {
    const { id } = await seedPayment(ledger.db, { chain: 'unscanned', chainId: 424242 })
    expect((await read(id)).chain).toEqual({ headNumber: 0, headTime: new Date(0) })
  })
})

describe('a change', () => {
  it('is saved with its transition, its events and their places in the outbox', async () => {
    const { id } = await seedPayment(ledger.db)
    await pay([id], 150n)
    const { payment } = await read(id)
    expect(payment).toMatchObject({ status: 'detected', flags: ['overpaid'], amountReceived: 150n, sequence: 3 })
    const events = await eventsOf(id)
    expect(events.map(({ type }) => type)).toEqual(['payment.detected', 'payment.overpaid'])
    const queued = await ledger.db.prisma.outbox.count({ where: { event_id: { in: events.map((event) => event.id) } } })
    expect(queued).toBe(2)
    const transitions = await ledger.db.prisma.payment_transitions.findMany({ where: { payment_id: idToUuid(id) } })
    expect(transitions.map(({ from_status, to_status }) => [from_status, to_status])).toEqual([
      [null, 'pending'],
      ['pending', 'detected'],
    ])
    expect(transitions[1]).toMatchObject({ actor: 'ctrip-scanner', block_number: 1n })
  })

  it('writes the exact bytes of each event once, under its own id', async () => {
    const { id, traceAnchor } = await seedPayment(ledger.db)
    await pay([id], 100n)
    const [event] = await eventsOf(id)
    expect(JSON.parse(event?.body ?? '')).toMatchObject({
      type: 'payment.detected',
      sequence: 2,
      trace_id: traceAnchor.slice(3, 35),
      data: { payment: { id, status: 'detected', amount_received: '100' } },
    })
  })

  it('is logged with the payment, its money, its transactions and their block', async () => {
    const { id, traceAnchor } = await seedPayment(ledger.db)
    const lines: string[] = []
    const log = createLogger({ service: 'ctrip-test', level: 'info' }, { write: (line) => void lines.push(line) })
    const first = await pay([id], 60n)
    const second = await pay([id], 40n)
    reportChanges(log, [...first, ...second])
    const { transfers } = await read(id)
    const hashes = transfers.toSorted((a, b) => a.blockNumber - b.blockNumber).map(({ txHash }) => txHash)
    const about = { payment_id: id, trace_id: traceAnchor.slice(3, 35), asset: 'ETH', amount: '100' }
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        msg: 'payment.partially_paid',
        ...about,
        amount_received: '60',
        tx_hashes: hashes.slice(0, 1),
        block: tip.number - 1,
      }),
      expect.objectContaining({
        msg: 'payment.detected',
        ...about,
        amount_received: '100',
        tx_hashes: hashes,
        block: tip.number,
        block_hash: tip.hash,
      }),
    ])
  })

  it('is undone altogether when its transaction fails', async () => {
    const { id } = await seedPayment(ledger.db)
    const failing = transaction(ledger.db, 'test', async (tx) => {
      await changePayments(tx, [id], () => ({ kind: 'cancel_asked', at: new Date() }), CAUSE)
      throw new Error('crashed before the commit')
    })
    await expect(failing).rejects.toThrow('crashed before the commit')
    expect((await read(id)).payment.status).toBe('pending')
    expect(await eventsOf(id)).toEqual([])
  })

  it('that is refused writes nothing', async () => {
    const { id } = await seedPayment(ledger.db)
    await pay([id], 100n)
    const results = await transaction(ledger.db, 'test', (tx) =>
      changePayments(tx, [id], () => ({ kind: 'cancel_asked', at: new Date() }), CAUSE),
    )
    expect(results).toMatchObject([{ outcome: { kind: 'refused', reason: 'already_received' } }])
    expect((await read(id)).payment.sequence).toBe(2)
  })

  it('decided on a payment that has changed since is not saved', async () => {
    const { id } = await seedPayment(ledger.db)
    const change = await decideToCancel(id)
    await pay([id], 100n)
    const saving = transaction(ledger.db, 'test', (tx) => savePayments(tx, [change]))
    await expect(saving).rejects.toThrow(ConflictError)
    expect((await read(id)).payment.status).toBe('detected')
  })

  it('of several payments is saved for all or for none', async () => {
    const [stale, fresh] = [await seedPayment(ledger.db), await seedPayment(ledger.db)]
    const changes = [await decideToCancel(stale.id), await decideToCancel(fresh.id)]
    await pay([stale.id], 100n)
    await expect(transaction(ledger.db, 'test', (tx) => savePayments(tx, changes))).rejects.toThrow(ConflictError)
    expect((await read(fresh.id)).payment.status).toBe('pending')
  })
})

async function decideToCancel(id: PaymentId): Promise<PaymentChange> {
  const subject = await read(id)
  const outcome = transition(subject, { kind: 'cancel_asked', at: new Date() }, subject.chain, new Date())
  if (outcome.kind !== 'changed') throw new Error('not to be canceled')
  return {
    before: subject.payment,
    outcome,
    actor: 'key_1',
    blockNumber: null,
    traceparent: subject.payment.traceAnchor,
  }
}

describe(`${CHANGERS} changers at the same time`, () => {
  it('ask to cancel a payment once', async () => {
    const { id } = await seedPayment(ledger.db)
    const outcomes = await Promise.all(Array.from({ length: CHANGERS }, () => cancel([id])))
    const kinds = outcomes.flat().map(({ outcome }) => outcome.kind)
    expect(kinds.filter((kind) => kind === 'changed').length).toBe(1)
    expect(kinds.filter((kind) => kind === 'unchanged').length).toBe(CHANGERS - 1)
    expect((await read(id)).payment.cancelRequestedAt).not.toBeNull()
  })

  it('each taking many payments, in whatever order, all come through', async () => {
    const payments = await Promise.all(Array.from({ length: 8 }, () => seedPayment(ledger.db)))
    const ids = payments.map(({ id }) => id)
    const orders = Array.from({ length: CHANGERS }, (_, n) => [...ids.slice(n % 8), ...ids.slice(0, n % 8)])
    const outcomes = await Promise.all(orders.map((order, n) => cancel(n % 2 === 0 ? order : order.toReversed())))
    const changed = outcomes.flat().filter(({ outcome }) => outcome.kind === 'changed')
    expect(changed.length).toBe(ids.length)
  })

  it('number a payment’s events without gaps', async () => {
    const { id } = await seedPayment(ledger.db, { amount: amount(1_000_000n) })
    for (let n = 0; n < 5; n++) await pay([id], 10n)
    const sequences = (await eventsOf(id)).map(({ sequence }) => sequence)
    expect(sequences).toEqual([2, 3, 4, 5, 6])
  })
})

function cancel(ids: readonly PaymentId[]) {
  return transaction(ledger.db, 'test.cancel', async (tx) => {
    await lockPayments(tx, ids)
    return changePayments(tx, ids, () => ({ kind: 'cancel_asked', at: new Date() }), { actor: 'key_1' })
  })
}
