import type { PaymentView, SweepView } from '../src/api-client'
import type { Movement } from '../src/chain-facts'
import { judgeMoney } from '../src/judge-money'
import { judgePayment } from '../src/judge-payments'
import { judgeTrace } from '../src/judge-trace'
import { judgeStory } from '../src/judge-webhooks'
import type { Delivery } from '../src/receivers'

const ADDRESS = '0xdeposit'
const TREASURY = '0xtreasury'
const GAS_WALLET = '0xgas'

describe('judgePayment', () => {
  it('accepts a payment that is settled by its transfers', () => {
    expect(judge(payment(), [arrival()])).toEqual([])
  })

  it('finds a transfer that was not recorded', () => {
    const view = payment({ transfers: [], amount_received: '0', status: 'pending' })
    expect(judge(view, [arrival()])).toContain('every transfer is recorded')
  })

  it('finds a transfer that is recorded twice', () => {
    const transfer = recorded()
    expect(judge(payment({ transfers: [transfer, transfer] }), [arrival()])).toEqual([
      'nothing is recorded that is not on the chain',
    ])
  })

  it('finds a credited transfer that a reorg has removed', () => {
    const rules = judge(payment(), [])
    expect(rules).toContain('amount_received is what arrived')
    expect(rules).toContain('the state is what the transfers support')
  })

  it('does not count orphaned transfers or another asset', () => {
    const orphaned = { ...recorded(), tx_hash: '0xgone', status: 'orphaned' }
    const other = { ...recorded(), tx_hash: '0xusdc', kind: 'erc20' }
    const view = payment({ transfers: [orphaned, other], amount_received: '0', status: 'pending' })
    expect(judge(view, [arrival({ txHash: '0xusdc', kind: 'erc20', asset: 'USDC' })])).toEqual([])
  })

  it('expects a payment to expire by the clock of its chain, whatever other clocks say', () => {
    const unpaid = { transfers: [], amount_received: '0', expires_at: new Date(1_000_000).toISOString() }
    const pending = payment({ ...unpaid, status: 'pending' })
    const expired = payment({ ...unpaid, status: 'expired' })
    expect(judge(pending, [], 900_000)).toEqual([])
    expect(judge(expired, [], 900_000)).toEqual(['the state is what the transfers support'])
    expect(judge(pending, [], 1_100_000)).toEqual(['the state is what the transfers support'])
    expect(judge(expired, [], 1_100_000)).toEqual([])
  })

  function judge(view: PaymentView, arrived: Movement[], chainTimeMs = Date.now()): string[] {
    return judgePayment({ payment: view, kind: 'native' }, view, arrived, chainTimeMs).map(({ rule }) => rule)
  }
})

describe('judgeStory', () => {
  it('accepts complete webhooks with duplicates', () => {
    expect(story([told(1), told(2), told(2), told(3)])).toEqual([])
  })

  it('finds a missing event', () => {
    expect(story([told(1), told(3)])).toEqual(['every event is delivered'])
  })

  it('finds two events with one sequence number', () => {
    expect(story([told(1), told(2), told(3), told(3, { eventId: 'another' })])).toEqual(['a sequence is one event'])
  })

  it('finds a snapshot that changed between deliveries', () => {
    expect(story([told(1), told(2), told(3), told(3, { digest: 'another' })])).toEqual(['a snapshot is rendered once'])
  })

  it('finds the events of one payment in two traces', () => {
    expect(story([told(1), told(2), told(3, { traceId: 'another' })])).toEqual(['a payment is one trace'])
  })

  function story(deliveries: Delivery[]): string[] {
    return judgeStory('shop', payment(), deliveries).map(({ rule }) => rule)
  }
})

describe('judgeMoney', () => {
  const swept: Movement = { ...arrival(), from: ADDRESS, to: TREASURY, amount: 90n }

  it('accepts money that all went to the treasury', () => {
    expect(judge([arrival(), swept], 90n, 0n)).toEqual([])
  })

  it('finds money that went elsewhere', () => {
    expect(judge([arrival(), { ...swept, to: '0xthief' }], 0n, 0n)).toEqual(['money leaves for the treasury alone'])
  })

  it('finds books that differ from what the treasury received', () => {
    expect(judge([arrival(), swept], 89n, 0n)).toEqual(['the books say what the treasury got'])
  })

  it('finds money that was not swept', () => {
    expect(judge([arrival()], 0n, 100n)).toEqual(['what came is collected'])
  })

  it('accepts the remainder of a gas top-up', () => {
    expect(judge([{ ...arrival(), from: GAS_WALLET, amount: 5n }], 0n, 5n)).toEqual([])
  })

  function judge(movements: Movement[], booked: bigint, left: bigint): string[] {
    const sweep: SweepView = {
      id: 'swp',
      status: 'confirmed',
      chain: 'anvil',
      asset: { symbol: 'ETH' },
      items: [{ payment_id: 'pay', amount_collected: booked.toString() }],
    }
    return judgeMoney({
      treasury: TREASURY,
      gasWallet: GAS_WALLET,
      depositAddresses: new Set([ADDRESS]),
      movements,
      sweeps: [sweep],
      balances: new Map([[`anvil/ETH/${ADDRESS}`, { actual: left, expected: left }]]),
    }).map(({ rule }) => rule)
  }
})

describe('judgeTrace', () => {
  const root = { span_id: 'a', parent_span_id: null, name: 'POST', service: 'ctrip-api' }
  const child = { span_id: 'b', parent_span_id: 'a', name: 'detected', service: 'ctrip-scanner' }

  it('accepts a tree', () => {
    expect(judgeTrace('pay', [root, child], false)).toEqual([])
  })

  it('finds an orphan unless a crash may have lost its parent', () => {
    expect(judgeTrace('pay', [root, { ...child, parent_span_id: 'c' }], false)).toHaveLength(1)
    expect(judgeTrace('pay', [root, { ...child, parent_span_id: 'c' }], true)).toEqual([])
  })

  it('finds a second root even after a crash', () => {
    expect(judgeTrace('pay', [root, { ...root, span_id: 'c' }], true)).toHaveLength(1)
  })
})

function payment(changes: Partial<PaymentView> = {}): PaymentView {
  return {
    id: 'pay',
    status: 'settled',
    flags: [],
    chain: 'anvil',
    asset: { symbol: 'ETH' },
    amount: '100',
    amount_received: '100',
    address: ADDRESS,
    transfers: [recorded()],
    sequence: 3,
    trace_id: 'trace',
    created_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + 600_000).toISOString(),
    ...changes,
  }
}

function recorded() {
  return { tx_hash: '0xpaid', kind: 'native', amount: '100', status: 'final' }
}

function arrival(changes: Partial<Movement> = {}): Movement {
  const moved = { chain: 'anvil', asset: 'ETH', kind: 'native', txHash: '0xpaid', from: '0xcustomer' } as const
  return { ...moved, to: ADDRESS, amount: 100n, ...changes }
}

function told(sequence: number, changes: Partial<Delivery> = {}): Delivery {
  return {
    eventId: `evt_${sequence}`,
    type: 'payment.detected',
    sequence,
    traceId: 'trace',
    payment: null,
    paymentId: 'pay',
    digest: `${sequence}`,
    at: 0,
    ...changes,
  }
}
