import { transition } from '../../src/payment/transition'
import {
  AFTER_EXPIRY,
  AT_EXPIRY,
  appeared,
  BEFORE_EXPIRY,
  change,
  late,
  NOW,
  somePayment,
  someTransfer,
  stages,
  told,
} from './fixtures'

const ADVANCED = { kind: 'chain_advanced' } as const
const ACCEPT = { kind: 'accept_asked' } as const

describe('expiry', () => {
  it('comes when the chain has passed the time without enough', () => {
    const outcome = change({ payment: somePayment(), transfers: [] }, ADVANCED, AFTER_EXPIRY)
    expect(outcome.steps).toEqual([{ from: 'pending', to: 'expired' }])
    expect(told(outcome)).toEqual(['payment.expired'])
  })

  it('does not come at the very moment', () => {
    expect(transition({ payment: somePayment(), transfers: [] }, ADVANCED, AT_EXPIRY, NOW).kind).toBe('unchanged')
  })

  it('is judged by the chain’s clock and not by ours', () => {
    const ourClock = new Date(AFTER_EXPIRY.headTime.getTime() + 3_600_000)
    const outcome = transition({ payment: somePayment(), transfers: [] }, ADVANCED, BEFORE_EXPIRY, ourClock)
    expect(outcome.kind).toBe('unchanged')
  })

  it('comes to a payment of which a part was paid', () => {
    const transfers = [someTransfer(60n)]
    const outcome = change({ payment: somePayment({ status: 'partially_paid' }), transfers }, ADVANCED, AFTER_EXPIRY)
    expect(stages(outcome)).toEqual(['expired'])
    expect(outcome.payment.amountReceived).toBe(60n)
  })

  it('is told after the part that came before it, when both are seen at once', () => {
    const part = someTransfer(60n)
    const outcome = change({ payment: somePayment(), transfers: [part] }, appeared(part), AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.partially_paid', 'payment.expired'])
  })

  it('happens once', () => {
    const { payment } = change({ payment: somePayment(), transfers: [] }, ADVANCED, AFTER_EXPIRY)
    expect(transition({ payment, transfers: [] }, ADVANCED, AFTER_EXPIRY, NOW).kind).toBe('unchanged')
  })

  it('ends when money that was in time before a reorg is included again', () => {
    const transfer = someTransfer(100n, { blockNumber: 102 })
    const outcome = change(
      { payment: somePayment({ status: 'expired' }), transfers: [transfer] },
      appeared(),
      AFTER_EXPIRY,
    )
    expect(told(outcome)).toEqual(['payment.detected'])
    expect(outcome.payment.flags).toEqual([])
  })
})

describe('late money under `accept`', () => {
  it('carries an expired payment on', () => {
    const transfer = late(100n)
    const payment = somePayment({ status: 'expired' })
    const outcome = change({ payment, transfers: [transfer] }, appeared(transfer), AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.late', 'payment.detected'])
    expect(outcome.payment.flags).toEqual(['late'])
  })

  it('is told between expiry and detection when both come with the same block', () => {
    const transfer = late(100n)
    const outcome = change({ payment: somePayment(), transfers: [transfer] }, appeared(transfer), AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.expired', 'payment.late', 'payment.detected'])
  })

  it('completes what a part in time began', () => {
    const [part, rest] = [someTransfer(60n), late(40n)]
    const payment = somePayment({ status: 'expired' })
    const outcome = change({ payment, transfers: [part, rest] }, appeared(rest), AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.late', 'payment.detected'])
  })

  it('completes it also when all of it is seen at once', () => {
    const [part, rest] = [someTransfer(60n), late(40n)]
    const outcome = change({ payment: somePayment(), transfers: [part, rest] }, appeared(part, rest), AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.partially_paid', 'payment.expired', 'payment.late', 'payment.detected'])
  })

  it('leaves it expired when it is not enough', () => {
    const part = late(60n)
    const payment = somePayment({ status: 'expired' })
    const outcome = change({ payment, transfers: [part] }, appeared(part), AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.late'])
    expect(outcome.payment).toMatchObject({ status: 'expired', amountReceived: 60n })
  })
})

describe('late money under `review`', () => {
  const payment = somePayment({ status: 'expired', latePolicy: 'review' })

  it('is recorded and announced, and leaves the payment expired', () => {
    const transfer = late(100n, { status: 'confirmed' })
    const outcome = change({ payment, transfers: [transfer] }, appeared(transfer), AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.late'])
    expect(outcome.payment).toMatchObject({ status: 'expired', amountReceived: 100n, amountConfirmed: 100n })
  })

  it('carries the payment on once the merchant accepts it, as far as the money has come meanwhile', () => {
    const outcome = change({ payment, transfers: [late(100n, { status: 'confirmed' })] }, ACCEPT, AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.detected', 'payment.confirmed'])
    expect(outcome.payment.lateAccepted).toBe(true)
  })

  it('adds to a part in time only once accepted', () => {
    const transfers = [someTransfer(60n), late(40n)]
    expect(stages(transition({ payment, transfers }, ADVANCED, AFTER_EXPIRY, NOW))).toEqual([])
    expect(stages(change({ payment, transfers }, ACCEPT, AFTER_EXPIRY))).toEqual(['detected'])
  })

  it('does not carry a payment on with what came in time, when that is not enough', () => {
    const transfers = [someTransfer(60n), late(100n)]
    const outcome = change({ payment: somePayment({ latePolicy: 'review' }), transfers }, ADVANCED, AFTER_EXPIRY)
    expect(stages(outcome)).toEqual(['partially_paid', 'expired'])
  })

  it('may be accepted before there is enough, and counts when the rest comes', () => {
    const [part, rest] = [late(60n), late(40n)]
    const accepted = change({ payment, transfers: [part] }, ACCEPT, AFTER_EXPIRY)
    expect(stages(accepted)).toEqual([])
    const outcome = change({ payment: accepted.payment, transfers: [part, rest] }, appeared(rest), AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.late', 'payment.detected'])
  })

  it('neither delays nor hastens a payment that was paid in time', () => {
    const transfers = [someTransfer(100n, { status: 'confirmed' }), late(50n)]
    const outcome = change(
      { payment: somePayment({ status: 'detected', latePolicy: 'review' }), transfers },
      ADVANCED,
      AFTER_EXPIRY,
    )
    expect(stages(outcome)).toEqual(['confirmed'])
  })
})

describe('accepting', () => {
  it.each([
    ['nothing came', somePayment({ status: 'expired', latePolicy: 'review' }), []],
    ['only money in time came', somePayment({ status: 'expired', latePolicy: 'review' }), [someTransfer(60n)]],
    [
      'what came late left the chain',
      somePayment({ status: 'expired', latePolicy: 'review' }),
      [late(100n, { status: 'orphaned' })],
    ],
    ['the policy accepts by itself', somePayment({ status: 'expired' }), [late(60n)]],
    [
      'it was accepted before',
      somePayment({ status: 'expired', latePolicy: 'review', lateAccepted: true }),
      [late(60n)],
    ],
    ['the payment is not expired', somePayment({ status: 'detected', latePolicy: 'review' }), [late(100n)]],
  ])('is refused when %s', (_, payment, transfers) => {
    expect(transition({ payment, transfers }, ACCEPT, AFTER_EXPIRY, NOW)).toEqual({
      kind: 'refused',
      reason: 'nothing_to_accept',
    })
  })
})
