import { amount } from '../../src/amount'
import type { Payment, Transfer } from '../../src/payment/payment'
import { transition } from '../../src/payment/transition'
import {
  AFTER_EXPIRY,
  AT_EXPIRY,
  appeared,
  BEFORE_EXPIRY,
  change,
  ETH,
  EXPIRES_AT,
  late,
  NOW,
  orphaned,
  reappeared,
  somePayment,
  someTransfer,
  stages,
  told,
} from './fixtures'

const ADVANCED = { kind: 'chain_advanced' } as const

function accept(units: bigint) {
  return { kind: 'accept_asked', amount: amount(units) } as const
}

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
    const outcome = change({ payment, transfers: [late(100n, { status: 'confirmed' })] }, accept(100n), AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.detected', 'payment.confirmed'])
    expect(outcome.payment.amountAccepted).toBe(100n)
  })

  it('adds to a part in time only once accepted', () => {
    const transfers = [someTransfer(60n), late(40n)]
    expect(stages(transition({ payment, transfers }, ADVANCED, AFTER_EXPIRY, NOW))).toEqual([])
    expect(stages(change({ payment, transfers }, accept(100n), AFTER_EXPIRY))).toEqual(['detected'])
  })

  it('does not carry a payment on with what came in time, when that is not enough', () => {
    const transfers = [someTransfer(60n), late(100n)]
    const outcome = change({ payment: somePayment({ latePolicy: 'review' }), transfers }, ADVANCED, AFTER_EXPIRY)
    expect(stages(outcome)).toEqual(['partially_paid', 'expired'])
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
  const expired = somePayment({ status: 'expired' })
  const canceled = somePayment({ status: 'canceled' })

  it.each<[string, Payment, readonly Transfer[], bigint]>([
    ['a part that came in time', somePayment({ status: 'partially_paid' }), [someTransfer(60n)], 60n],
    ['a part that an expired payment has', expired, [someTransfer(60n)], 60n],
    ['a part that came late', expired, [late(60n)], 60n],
    ['parts in time and late, under review', { ...expired, latePolicy: 'review' }, [someTransfer(30n), late(30n)], 60n],
    ['money at a canceled payment', canceled, [someTransfer(100n)], 100n],
    ['a part at a canceled payment, after its time', canceled, [late(7n)], 7n],
  ])('carries the payment on with %s', (_, payment, transfers, units) => {
    const [included, sure] = [transfers, transfers.map((one): Transfer => ({ ...one, status: 'confirmed' }))]
    expect(told(change({ payment, transfers: included }, accept(units), AFTER_EXPIRY))).toEqual(['payment.detected'])
    const outcome = change({ payment, transfers: sure }, accept(units), AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.detected', 'payment.confirmed'])
    expect(outcome.events.at(-1)?.data['payment']).toMatchObject({
      amount_accepted: units.toString(),
      amount_remaining: '0',
      status: 'confirmed',
    })
  })

  it('settles the payment once the accepted amount is collected', () => {
    const accepted = change({ payment: expired, transfers: [late(60n, { status: 'confirmed' })] }, accept(60n)).payment
    const collected = [late(60n, { status: 'confirmed', collected: true })]
    expect(told(change({ payment: accepted, transfers: collected }, { kind: 'sweep_confirmed' }))).toEqual([
      'payment.settled',
    ])
  })

  it('makes what comes after it more than was due, and says so', () => {
    const part = late(60n, { status: 'confirmed' })
    const { payment } = change({ payment: expired, transfers: [part] }, accept(60n), AFTER_EXPIRY)
    expect(payment.flags).toEqual(['late'])
    const more = late(40n)
    expect(told(change({ payment, transfers: [part, more] }, appeared(more), AFTER_EXPIRY))).toEqual([
      'payment.late',
      'payment.overpaid',
    ])
  })

  it('holds when a reorg takes the money away and includes it again', () => {
    const part = late(60n)
    const { payment } = change({ payment: canceled, transfers: [part] }, accept(60n), AFTER_EXPIRY)
    const gone = change({ payment, transfers: [{ ...part, status: 'orphaned' }] }, orphaned(part), AFTER_EXPIRY)
    expect(told(gone)).toEqual(['payment.reorged', 'payment.expired'])
    const back = change({ payment: gone.payment, transfers: [part] }, reappeared(part), AFTER_EXPIRY)
    expect(back.payment).toMatchObject({ status: 'detected', amountAccepted: 60n })
  })

  it('asked for twice changes nothing more', () => {
    const transfers = [late(60n)]
    const { payment } = change({ payment: expired, transfers }, accept(60n), AFTER_EXPIRY)
    expect(transition({ payment, transfers }, accept(60n), AFTER_EXPIRY, NOW).kind).toBe('unchanged')
  })

  it.each<[string, string, Payment, readonly Transfer[], bigint]>([
    ['nothing_to_accept', 'nothing came', expired, [], 100n],
    ['nothing_to_accept', 'what came left the chain', expired, [late(100n, { status: 'orphaned' })], 100n],
    ['nothing_to_accept', 'it is paid', somePayment({ status: 'detected' }), [someTransfer(100n)], 100n],
    ['amount_changed', 'more came than was seen', expired, [late(60n), late(1n)], 60n],
    ['amount_changed', 'less is there than was seen', canceled, [late(60n)], 100n],
    ['value_unknown', 'only another asset came', expired, [late(60n, { asset: ETH })], 60n],
  ])('is refused as %s when %s', (reason, _, payment, transfers, units) => {
    expect(transition({ payment, transfers }, accept(units), AFTER_EXPIRY, NOW)).toEqual({ kind: 'refused', reason })
  })
})

describe('moving the expiry', () => {
  const later = { kind: 'extension_asked', expiresAt: new Date(EXPIRES_AT.getTime() + 60_000) } as const

  it('keeps a payment open until then', () => {
    const { payment } = change({ payment: somePayment(), transfers: [] }, later)
    expect(transition({ payment, transfers: [] }, ADVANCED, AFTER_EXPIRY, NOW).kind).toBe('unchanged')
  })

  it('tells no event', () => {
    expect(told(change({ payment: somePayment(), transfers: [] }, later))).toEqual([])
  })

  it.each([
    ['is paid', somePayment({ status: 'detected' })],
    ['has expired', somePayment({ status: 'expired' })],
    ['is to be canceled', somePayment({ cancelRequestedAt: NOW })],
    ['would end earlier', somePayment({ expiresAt: new Date(later.expiresAt.getTime() + 1) })],
  ])('is refused when the payment %s', (_, payment) => {
    const transfers = payment.status === 'detected' ? [someTransfer(100n)] : []
    const outcome = transition({ payment, transfers }, later, BEFORE_EXPIRY, NOW)
    expect(outcome).toEqual({ kind: 'refused', reason: 'not_extendable' })
  })
})
