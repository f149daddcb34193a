import { transition } from '../../src/payment/transition'
import {
  AFTER_EXPIRY,
  appeared,
  BEFORE_EXPIRY,
  change,
  ETH,
  late,
  NOW,
  somePayment,
  someTransfer,
  stages,
  told,
} from './fixtures'

const CANCEL = { kind: 'cancel_asked' } as const

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

  it('is not announced again when a reorg includes it again', () => {
    const transfer = someTransfer(100n, { asset: ETH })
    const payment = somePayment({ flags: ['wrong_asset'] })
    expect(transition({ payment, transfers: [transfer] }, appeared(), BEFORE_EXPIRY, NOW).kind).toBe('unchanged')
  })

  it('is neither announced nor credited when it is our own funding', () => {
    const funding = someTransfer(100n, { kind: 'funding', asset: ETH })
    const subject = { payment: somePayment({ asset: ETH }), transfers: [funding] }
    expect(transition(subject, appeared(funding), BEFORE_EXPIRY, NOW).kind).toBe('unchanged')
  })
})

describe('canceling', () => {
  it('closes a payment that has received nothing', () => {
    const outcome = change({ payment: somePayment(), transfers: [] }, CANCEL)
    expect(outcome.steps).toEqual([{ from: 'pending', to: 'canceled' }])
    expect(told(outcome)).toEqual(['payment.canceled'])
  })

  it('is possible when only our own funding came, or what came left the chain', () => {
    const transfers = [someTransfer(1n, { kind: 'funding' }), someTransfer(100n, { status: 'orphaned' })]
    expect(stages(change({ payment: somePayment(), transfers }, CANCEL))).toEqual(['canceled'])
  })

  it.each([
    ['already_received', somePayment({ status: 'partially_paid' }), [someTransfer(60n)]],
    ['already_received', somePayment({ status: 'detected' }), [someTransfer(100n)]],
    ['already_received', somePayment({ status: 'confirmed' }), [someTransfer(100n)]],
    ['already_received', somePayment({ status: 'settled' }), [someTransfer(100n)]],
    ['already_received', somePayment(), [someTransfer(100n, { asset: ETH })]],
    ['already_closed', somePayment({ status: 'expired' }), []],
    ['already_closed', somePayment({ status: 'canceled' }), []],
  ])('is refused as %s: $status', (reason, payment, transfers) => {
    expect(transition({ payment, transfers }, CANCEL, BEFORE_EXPIRY, NOW)).toEqual({ kind: 'refused', reason })
  })
})
