import { amount } from '../../src/amount'
import type { Transfer } from '../../src/payment/payment'
import { transition } from '../../src/payment/transition'
import {
  AFTER_EXPIRY,
  appeared,
  BEFORE_EXPIRY,
  change,
  late,
  NOW,
  orphaned,
  somePayment,
  someTransfer,
  stages,
  told,
} from './fixtures'

const gone = (transfer: Transfer): Transfer => ({ ...transfer, status: 'orphaned' })

describe('a reorg', () => {
  it.each(['detected', 'confirmed'] as const)(
    'takes a %s payment back to pending when all its money left',
    (status) => {
      const transfer = gone(someTransfer(100n))
      const outcome = change({ payment: somePayment({ status }), transfers: [transfer] }, orphaned(transfer))
      expect(outcome.steps).toEqual([{ from: status, to: 'pending' }])
      expect(told(outcome)).toEqual(['payment.reorged'])
      // The merchant reads where the payment stands now, not where it stood.
      expect(outcome.events.map(({ data }) => data)).toMatchObject([
        { payment: { status: 'pending', amount_received: '0' } },
      ])
      expect(outcome.payment).toMatchObject({ amountReceived: 0n, amountConfirmed: 0n, flags: ['reorged'] })
    },
  )

  it.each(['detected', 'confirmed'] as const)('takes a %s payment back to the part that is left', (status) => {
    const [kept, lost] = [someTransfer(60n), gone(someTransfer(40n))]
    const outcome = change({ payment: somePayment({ status }), transfers: [kept, lost] }, orphaned(lost))
    expect(outcome.steps).toEqual([{ from: status, to: 'partially_paid' }])
    expect(told(outcome)).toEqual(['payment.reorged'])
  })

  it('takes a partially paid payment back to pending', () => {
    const lost = gone(someTransfer(60n))
    const outcome = change({ payment: somePayment({ status: 'partially_paid' }), transfers: [lost] }, orphaned(lost))
    expect(outcome.steps).toEqual([{ from: 'partially_paid', to: 'pending' }])
  })

  it('takes a confirmed payment back to detected when what is left is enough and unconfirmed', () => {
    const [lost, kept] = [gone(someTransfer(100n)), someTransfer(100n)]
    const before = somePayment({ status: 'confirmed', detectedAt: BEFORE_EXPIRY.headTime, confirmedAt: NOW })
    const outcome = change({ payment: before, transfers: [lost, kept] }, orphaned(lost))
    expect(outcome.steps).toEqual([{ from: 'confirmed', to: 'detected' }])
    expect(outcome.payment).toMatchObject({ detectedAt: BEFORE_EXPIRY.headTime, confirmedAt: null })
  })

  it('is told even where the payment stays as it was', () => {
    const [kept, lost] = [someTransfer(100n), gone(someTransfer(50n))]
    const payment = somePayment({ status: 'detected', flags: ['overpaid'] })
    const outcome = change({ payment, transfers: [kept, lost] }, orphaned(lost))
    expect(outcome.steps).toEqual([])
    expect(told(outcome)).toEqual(['payment.reorged'])
    expect(outcome.payment.flags).toEqual(['reorged'])
  })

  it('is undone when the money is included again, with a new time of detection', () => {
    const transfer = someTransfer(100n)
    const lost = change(
      { payment: somePayment({ status: 'detected', detectedAt: BEFORE_EXPIRY.headTime }), transfers: [gone(transfer)] },
      orphaned(transfer),
    )
    expect(lost.payment.detectedAt).toBeNull()
    const outcome = change({ payment: lost.payment, transfers: [gone(transfer), someTransfer(100n)] }, appeared())
    expect(told(outcome)).toEqual(['payment.detected'])
    expect(outcome.payment).toMatchObject({ detectedAt: NOW, flags: ['reorged'], sequence: 3 })
  })

  it('after expiry leaves a payment expired whose money is gone', () => {
    const lost = gone(someTransfer(100n))
    const outcome = change(
      { payment: somePayment({ status: 'detected' }), transfers: [lost] },
      orphaned(lost),
      AFTER_EXPIRY,
    )
    expect(stages(outcome)).toEqual(['pending', 'expired'])
    expect(told(outcome)).toEqual(['payment.reorged', 'payment.expired'])
  })

  it('after expiry leaves a payment expired of which a part is left', () => {
    const [kept, lost] = [someTransfer(60n), gone(late(40n))]
    const payment = somePayment({ status: 'confirmed' })
    const outcome = change({ payment, transfers: [kept, lost] }, orphaned(lost), AFTER_EXPIRY)
    expect(stages(outcome)).toEqual(['partially_paid', 'expired'])
  })

  it('that replaces money in time by late money expires the payment and carries it on', () => {
    const [lost, instead] = [gone(someTransfer(100n)), late(100n)]
    const payment = somePayment({ status: 'confirmed' })
    const fact = { kind: 'transfers_changed', appeared: [instead.id], reappeared: [], orphaned: [lost.id] } as const
    const outcome = change({ payment, transfers: [lost, instead] }, fact, AFTER_EXPIRY)
    expect(outcome.payment).toMatchObject({ status: 'detected', flags: ['late', 'reorged'] })
  })

  it('takes a settled payment back to pending when all its money left', () => {
    const lost = gone(someTransfer(100n, { collected: true }))
    const payment = somePayment({ status: 'settled', detectedAt: NOW, confirmedAt: NOW, settledAt: NOW })
    const outcome = change({ payment, transfers: [lost] }, orphaned(lost))
    expect(outcome.steps).toEqual([{ from: 'settled', to: 'pending' }])
    expect(told(outcome)).toEqual(['payment.reorged'])
    expect(outcome.payment).toMatchObject({ confirmedAt: null, settledAt: null, flags: ['reorged'] })
  })

  it('that took the sweep alone takes a settled payment back to confirmed, until it is collected again', () => {
    const kept = someTransfer(100n, { status: 'confirmed' })
    const before = somePayment({ status: 'settled', detectedAt: NOW, confirmedAt: NOW, settledAt: NOW })
    const outcome = change({ payment: before, transfers: [kept] }, { kind: 'sweep_orphaned' })
    expect(outcome.steps).toEqual([{ from: 'settled', to: 'confirmed' }])
    expect(told(outcome)).toEqual(['payment.reorged'])
    const again = change(
      { payment: outcome.payment, transfers: [{ ...kept, collected: true }] },
      { kind: 'sweep_confirmed' },
    )
    expect(told(again)).toEqual(['payment.settled'])
  })

  it('of a sweep that the payment did not need is not told', () => {
    const [needed, surplus] = [true, false].map((collected) => someTransfer(100n, { status: 'confirmed', collected }))
    const received = { amountReceived: amount(200n), amountConfirmed: amount(200n) }
    const payment = somePayment({ status: 'settled', settledAt: NOW, flags: ['overpaid', 'multiple'], ...received })
    const transfers = [needed, surplus].filter((transfer) => transfer !== undefined)
    const outcome = transition({ payment, transfers }, { kind: 'sweep_orphaned' }, BEFORE_EXPIRY, NOW)
    expect(outcome.kind).toBe('unchanged')
  })

  it('of money on another chain takes its flag away and is told of the transfer alone', () => {
    const lost = gone(someTransfer(100n, { chainId: 1, chain: 'mainnet' }))
    const outcome = change({ payment: somePayment({ flags: ['wrong_chain'] }), transfers: [lost] }, orphaned(lost))
    expect(told(outcome)).toEqual(['transfer.reorged'])
    expect(outcome.payment.flags).toEqual([])
  })
})
