import { STAGE_EVENTS } from '../../src/payment/stages'
import { transition } from '../../src/payment/transition'
import { AFTER_EXPIRY, appeared, BEFORE_EXPIRY, change, NOW, somePayment, someTransfer, stages, told } from './fixtures'

describe('a payment that is paid in time', () => {
  it('is detected when the whole amount appears', () => {
    const transfer = someTransfer(100n)
    const outcome = change({ payment: somePayment(), transfers: [transfer] }, appeared(transfer))
    expect(stages(outcome)).toEqual(['detected'])
    expect(told(outcome)).toEqual(['payment.detected'])
    expect(outcome.payment).toMatchObject({ amountReceived: 100n, amountConfirmed: 0n, detectedAt: NOW, flags: [] })
  })

  it('is partially paid by a part of the amount', () => {
    const transfer = someTransfer(60n)
    const outcome = change({ payment: somePayment(), transfers: [transfer] }, appeared(transfer))
    expect(stages(outcome)).toEqual(['partially_paid'])
    expect(told(outcome)).toEqual(['payment.partially_paid'])
  })

  it('tells of each new part while it is still not enough', () => {
    const [first, second] = [someTransfer(30n), someTransfer(30n)]
    const { payment } = change({ payment: somePayment(), transfers: [first] }, appeared(first))
    const outcome = change({ payment, transfers: [first, second] }, appeared(second))
    expect(stages(outcome)).toEqual([])
    expect(told(outcome)).toEqual(['payment.partially_paid'])
    expect(outcome.payment.flags).toEqual(['multiple'])
  })

  it('is detected when the last part makes it enough', () => {
    const [first, second] = [someTransfer(60n), someTransfer(40n)]
    const { payment } = change({ payment: somePayment(), transfers: [first] }, appeared(first))
    const outcome = change({ payment, transfers: [first, second] }, appeared(second))
    expect(outcome.steps).toEqual([{ from: 'partially_paid', to: 'detected' }])
    expect(told(outcome)).toEqual(['payment.detected'])
  })

  it('waits for every part that is needed before it is confirmed', () => {
    const [first, second] = [someTransfer(60n, { status: 'confirmed' }), someTransfer(40n)]
    const payment = somePayment({ status: 'detected', detectedAt: NOW })
    const outcome = change({ payment, transfers: [first, second] }, { kind: 'chain_advanced' })
    expect(stages(outcome)).toEqual([])
    expect(told(outcome)).toEqual([])
    expect(outcome.payment.amountConfirmed).toBe(60n)
  })

  it('is confirmed when enough of its money is', () => {
    const transfer = someTransfer(100n, { status: 'confirmed' })
    const payment = somePayment({ status: 'detected', detectedAt: BEFORE_EXPIRY.headTime })
    const outcome = change({ payment, transfers: [transfer] }, { kind: 'chain_advanced' })
    expect(told(outcome)).toEqual(['payment.confirmed'])
    expect(outcome.payment).toMatchObject({ confirmedAt: NOW, detectedAt: BEFORE_EXPIRY.headTime })
  })

  it('is settled when a confirmed sweep took its money', () => {
    const transfer = someTransfer(100n, { status: 'final', collected: true })
    const payment = somePayment({ status: 'confirmed' })
    const outcome = change({ payment, transfers: [transfer] }, { kind: 'sweep_confirmed' })
    expect(told(outcome)).toEqual(['payment.settled'])
    expect(outcome.payment.settledAt).toEqual(NOW)
  })

  it('is not settled while a sweep took only a part of what was needed', () => {
    const transfers = [someTransfer(60n, { status: 'final', collected: true }), someTransfer(40n, { status: 'final' })]
    const payment = somePayment({ status: 'confirmed' })
    expect(stages(transition({ payment, transfers }, { kind: 'sweep_confirmed' }, BEFORE_EXPIRY, NOW))).toEqual([])
  })

  it('is not settled by a sweep that took money which is not confirmed itself', () => {
    const transfers = [someTransfer(100n, { status: 'included', collected: true })]
    const payment = somePayment({ status: 'detected' })
    expect(stages(transition({ payment, transfers }, { kind: 'sweep_confirmed' }, BEFORE_EXPIRY, NOW))).toEqual([])
  })

  it('tells every stage in order when it catches up over several', () => {
    const transfer = someTransfer(100n, { status: 'final', collected: true })
    const outcome = change({ payment: somePayment(), transfers: [transfer] }, appeared(transfer))
    expect(told(outcome)).toEqual(['payment.detected', 'payment.confirmed', 'payment.settled'])
    expect(outcome.events.map(({ sequence }) => sequence)).toEqual([2, 3, 4])
  })

  it('shows in each event the stage that it tells of', () => {
    const transfer = someTransfer(100n, { status: 'confirmed' })
    const outcome = change({ payment: somePayment(), transfers: [transfer] }, appeared(transfer))
    const shown = outcome.events.map(({ data }) => (data['payment'] as { status: string }).status)
    expect(shown).toEqual(['detected', 'confirmed'])
  })

  it('does not expire although its time is over', () => {
    const transfers = [someTransfer(100n)]
    const payment = somePayment({ status: 'detected', amountReceived: transfers[0]?.amount ?? somePayment().amount })
    expect(transition({ payment, transfers }, { kind: 'chain_advanced' }, AFTER_EXPIRY, NOW).kind).toBe('unchanged')
  })
})

describe('exactness', () => {
  it.each([
    { toleranceBps: 0, paid: 99n, status: 'partially_paid', flags: [] },
    { toleranceBps: 0, paid: 100n, status: 'detected', flags: [] },
    { toleranceBps: 0, paid: 101n, status: 'detected', flags: ['overpaid'] },
    { toleranceBps: 500, paid: 94n, status: 'partially_paid', flags: [] },
    { toleranceBps: 500, paid: 95n, status: 'detected', flags: [] },
    { toleranceBps: 500, paid: 105n, status: 'detected', flags: [] },
    { toleranceBps: 500, paid: 106n, status: 'detected', flags: ['overpaid'] },
    // Half a unit of tolerance is none: it is rounded in nobody's favour.
    { toleranceBps: 50, paid: 99n, status: 'partially_paid', flags: [] },
  ])('with $toleranceBps bps of tolerance $paid of 100 is $status $flags', ({ toleranceBps, paid, status, flags }) => {
    const transfer = someTransfer(paid)
    const outcome = change({ payment: somePayment({ toleranceBps }), transfers: [transfer] }, appeared(transfer))
    expect(outcome.payment).toMatchObject({ status, flags })
  })

  it('tells of overpayment after the stage that it came with', () => {
    const transfer = someTransfer(150n)
    const outcome = change({ payment: somePayment(), transfers: [transfer] }, appeared(transfer))
    expect(told(outcome)).toEqual(['payment.detected', 'payment.overpaid'])
  })

  it('tells of overpayment again when still more comes, and not otherwise', () => {
    const [first, second] = [someTransfer(150n), someTransfer(1n)]
    const { payment } = change({ payment: somePayment(), transfers: [first] }, appeared(first))
    expect(told(transition({ payment, transfers: [first] }, { kind: 'chain_advanced' }, BEFORE_EXPIRY, NOW))).toEqual(
      [],
    )
    expect(told(change({ payment, transfers: [first, second] }, appeared(second)))).toEqual(['payment.overpaid'])
  })
})

describe('a settled payment', () => {
  const collected = someTransfer(100n, { status: 'final', collected: true })
  const settled = change({ payment: somePayment(), transfers: [collected] }, appeared(collected)).payment

  it('stays settled and announces more money', () => {
    const more = someTransfer(1n)
    const outcome = change({ payment: settled, transfers: [collected, more] }, appeared(more))
    expect(outcome.payment.status).toBe('settled')
    expect(told(outcome)).toEqual(['payment.overpaid'])
  })

  it('announces more money as late when it is', () => {
    const more = someTransfer(1n, { inTime: false })
    const outcome = change({ payment: settled, transfers: [collected, more] }, appeared(more), AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.late', 'payment.overpaid'])
    expect(outcome.steps).toEqual([])
  })

  it('stays settled when its time is over', () => {
    const subject = { payment: settled, transfers: [collected] }
    expect(transition(subject, { kind: 'chain_advanced' }, AFTER_EXPIRY, NOW).kind).toBe('unchanged')
  })
})

it('leads out of canceled only by money, and out of settled only back', () => {
  expect(Object.keys(STAGE_EVENTS.canceled)).toEqual(['partially_paid', 'detected'])
  expect(new Set(Object.values(STAGE_EVENTS.settled))).toEqual(new Set(['payment.reorged']))
})
