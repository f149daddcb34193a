import { amount } from '../../src/amount'
import type { Payment, Transfer } from '../../src/payment/payment'
import { transition } from '../../src/payment/transition'
import {
  AFTER_EXPIRY,
  AT_EXPIRY,
  appeared,
  BEFORE_EXPIRY,
  change,
  confirmed,
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

describe('money that was not asked for', () => {
  it.each([
    ['in another asset', { asset: ETH, kind: 'native' }, 'wrong_asset'],
    ['on another chain', { chainId: 1, chain: 'mainnet' }, 'wrong_chain'],
    ['on another chain in another asset', { chainId: 1, chain: 'mainnet', asset: ETH }, 'wrong_chain'],
  ] as const)('%s is announced and flagged, and not credited', (_, changes, flag) => {
    const transfer = someTransfer(100n, changes)
    const outcome = change({ payment: somePayment(), transfers: [transfer] }, appeared(transfer))
    expect(told(outcome)).toEqual(['transfer.unmatched'])
    expect(outcome.payment).toMatchObject({ status: 'pending', flags: [flag], amountReceived: 0n })
    expect(outcome.events[0]?.data['transfer']).toMatchObject({ id: transfer.id, flags: [flag] })
  })

  it('is announced beside what was asked for', () => {
    const [right, wrong] = [someTransfer(100n), someTransfer(5n, { asset: ETH })]
    const outcome = change({ payment: somePayment(), transfers: [right, wrong] }, appeared(right, wrong))
    expect(told(outcome)).toEqual(['payment.detected', 'transfer.unmatched'])
    expect(outcome.payment.flags).toEqual(['wrong_asset'])
  })

  it('does not make a payment late', () => {
    const wrong = late(100n, { asset: ETH })
    const payment = somePayment({ status: 'expired' })
    expect(told(change({ payment, transfers: [wrong] }, appeared(wrong), AFTER_EXPIRY))).toEqual(['transfer.unmatched'])
  })

  it('is announced at a canceled payment, which it does not move', () => {
    const transfer = someTransfer(150n)
    const payment = somePayment({ status: 'canceled' })
    const outcome = change({ payment, transfers: [transfer] }, appeared(transfer))
    expect(told(outcome)).toEqual(['transfer.unmatched'])
    expect(outcome.payment).toMatchObject({ status: 'canceled', amountReceived: 150n })
  })

  it('at a canceled payment is not called late as well', () => {
    const transfer = late(100n)
    const payment = somePayment({ status: 'canceled' })
    expect(told(change({ payment, transfers: [transfer] }, appeared(transfer), AFTER_EXPIRY))).toEqual([
      'transfer.unmatched',
    ])
  })

  it('is announced as gone when a reorg takes it, and as unmatched again when a block includes it again', () => {
    const transfer = someTransfer(100n, { asset: ETH })
    const payment = somePayment({ flags: ['wrong_asset'] })
    const gone = change({ payment, transfers: [{ ...transfer, status: 'orphaned' }] }, orphaned(transfer))
    expect(told(gone)).toEqual(['transfer.reorged'])
    expect(gone.events[0]?.data['transfer']).toMatchObject({ id: transfer.id, status: 'orphaned' })
    const back = change({ payment: gone.payment, transfers: [transfer] }, reappeared(transfer))
    expect(told(back)).toEqual(['transfer.unmatched'])
  })

  it.each<[string, Payment, Partial<Transfer>]>([
    ['in another asset', somePayment(), { asset: ETH }],
    ['at a canceled payment', somePayment({ status: 'canceled' }), {}],
    ['at an expired payment under review', somePayment({ status: 'expired', latePolicy: 'review' }), { inTime: false }],
    ['too little, at an expired payment', somePayment({ status: 'expired' }), { inTime: false, amount: amount(60n) }],
  ])('is announced as confirmed once it is: %s', (_, payment, changes) => {
    const transfer = someTransfer(100n, { ...changes, status: 'confirmed' })
    const outcome = change({ payment, transfers: [transfer] }, confirmed(transfer), AFTER_EXPIRY)
    expect(told(outcome).filter((type) => type.startsWith('transfer.'))).toEqual(['transfer.confirmed'])
    expect(outcome.events.at(-1)?.data['transfer']).toMatchObject({ id: transfer.id, status: 'confirmed' })
  })

  it('is neither announced nor credited when it is our own funding', () => {
    const funding = someTransfer(100n, { kind: 'funding', asset: ETH })
    const subject = { payment: somePayment({ asset: ETH }), transfers: [funding] }
    expect(transition(subject, appeared(funding), BEFORE_EXPIRY, NOW).kind).toBe('unchanged')
  })
})

describe('money that comes when a payment is confirmed or settled', () => {
  const paid = someTransfer(100n, { status: 'confirmed', collected: true })
  const received = { amountReceived: amount(100n), amountConfirmed: amount(100n) }

  it.each(['confirmed', 'settled'] as const)('is followed up to its end: %s', (status) => {
    const settledAt = status === 'settled' ? NOW : null
    const start = somePayment({ status, ...received, detectedAt: NOW, confirmedAt: NOW, settledAt })
    const first = { ...paid, collected: status === 'settled' }
    const more = someTransfer(50n)
    const announced = change({ payment: start, transfers: [first, more] }, appeared(more))
    expect(told(announced)).toEqual(['payment.overpaid'])
    const sure = change(
      { payment: announced.payment, transfers: [first, { ...more, status: 'confirmed' }] },
      confirmed(more),
    )
    expect(told(sure)).toEqual(['transfer.confirmed'])
    const gone = change({ payment: sure.payment, transfers: [first, { ...more, status: 'orphaned' }] }, orphaned(more))
    expect(told(gone)).toEqual(['payment.reorged', 'transfer.reorged'])
    expect(gone.payment.status).toBe(status)
  })

  it('is told by the payment alone when it is what confirms it', () => {
    const transfer = someTransfer(100n, { status: 'confirmed' })
    const payment = somePayment({ status: 'detected', amountReceived: amount(100n), detectedAt: NOW })
    expect(told(change({ payment, transfers: [transfer] }, confirmed(transfer)))).toEqual(['payment.confirmed'])
  })
})

describe('canceling', () => {
  const AT = new Date(BEFORE_EXPIRY.headTime.getTime() + 500)
  const CANCEL = { kind: 'cancel_asked', at: AT } as const
  const asked = somePayment({ cancelRequestedAt: AT })
  const before = { blockTime: BEFORE_EXPIRY.headTime }
  const after = { blockTime: AT_EXPIRY.headTime }

  it('waits until the chain has passed the time of the request', () => {
    const requested = change({ payment: somePayment(), transfers: [] }, CANCEL)
    expect(told(requested)).toEqual([])
    expect(requested.payment).toMatchObject({ status: 'pending', cancelRequestedAt: AT })
    const closed = change({ payment: requested.payment, transfers: [] }, { kind: 'chain_advanced' }, AT_EXPIRY)
    expect(closed.steps).toEqual([{ from: 'pending', to: 'canceled' }])
    expect(told(closed)).toEqual(['payment.canceled'])
  })

  it('asked for again keeps the first time, and changes nothing', () => {
    const again = { kind: 'cancel_asked', at: NOW } as const
    for (const payment of [asked, somePayment({ status: 'canceled', cancelRequestedAt: AT })])
      expect(transition({ payment, transfers: [] }, again, BEFORE_EXPIRY, NOW).kind).toBe('unchanged')
  })

  it.each([
    [100n, ['payment.detected']],
    [60n, ['payment.partially_paid']],
  ])('is void when %s had come by then, though seen later', (units, events) => {
    const transfer = someTransfer(units, before)
    const outcome = change({ payment: asked, transfers: [transfer] }, appeared(transfer), AT_EXPIRY)
    expect(told(outcome)).toEqual(events)
    expect(outcome.events[0]?.data['payment']).toMatchObject({ cancel_requested_at: AT.toISOString() })
  })

  it('comes before money of a later block, which is announced as unmatched', () => {
    const transfer = someTransfer(100n, after)
    const outcome = change({ payment: asked, transfers: [transfer] }, appeared(transfer), AT_EXPIRY)
    expect(told(outcome)).toEqual(['payment.canceled', 'transfer.unmatched'])
  })

  it('comes after a reorg that takes away the money which had made it void', () => {
    const lost = someTransfer(100n, { ...before, status: 'orphaned' })
    const payment = somePayment({ status: 'detected', cancelRequestedAt: AT })
    const outcome = change({ payment, transfers: [lost] }, orphaned(lost), AT_EXPIRY)
    expect(told(outcome)).toEqual(['payment.reorged', 'payment.canceled'])
  })

  it('ends when money that was in time before a reorg is included again', () => {
    const lost = someTransfer(100n, { ...before, status: 'orphaned' })
    const back = { ...lost, ...after, id: someTransfer(1n).id, status: 'included' as const }
    const payment = somePayment({ status: 'canceled', cancelRequestedAt: AT })
    const outcome = change({ payment, transfers: [lost, back] }, reappeared(back), AT_EXPIRY)
    expect(told(outcome)).toEqual(['payment.detected'])
  })

  it('asked for after the payment’s time leaves it to expire', () => {
    const payment = somePayment({ cancelRequestedAt: new Date(EXPIRES_AT.getTime() + 500) })
    const outcome = change({ payment, transfers: [] }, { kind: 'chain_advanced' }, AFTER_EXPIRY)
    expect(told(outcome)).toEqual(['payment.expired'])
  })

  it('is possible when only our own funding came, or what came left the chain', () => {
    const transfers = [someTransfer(1n, { kind: 'funding' }), someTransfer(100n, { status: 'orphaned', ...after })]
    expect(stages(change({ payment: asked, transfers }, { kind: 'chain_advanced' }, AT_EXPIRY))).toEqual(['canceled'])
  })

  it.each([
    ['already_received', somePayment({ status: 'partially_paid' }), [someTransfer(60n)]],
    ['already_received', somePayment({ status: 'detected' }), [someTransfer(100n)]],
    ['already_received', somePayment({ status: 'confirmed' }), [someTransfer(100n)]],
    ['already_received', somePayment({ status: 'settled' }), [someTransfer(100n)]],
    ['already_received', somePayment(), [someTransfer(100n, { asset: ETH })]],
    ['already_closed', somePayment({ status: 'expired' }), []],
  ])('is refused as %s: $status', (reason, payment, transfers) => {
    expect(transition({ payment, transfers }, CANCEL, BEFORE_EXPIRY, NOW)).toEqual({ kind: 'refused', reason })
  })
})
