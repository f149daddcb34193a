import type { PaymentSweepRow } from '@ctrip/db/payments/payment-timeline'
import type { PaymentWaits } from '@ctrip/db/payments/payment-waits'
import type { PaymentSubject } from '@ctrip/db/payments/payments'
import { type Address, parseAddress } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import { hashFromBytes } from '@ctrip/domain/hash'
import { newId } from '@ctrip/domain/ids'
import type { Payment, Transfer } from '@ctrip/domain/payment/payment'
import { type Situation, waitingFor } from '../src/timeline/waiting-for'
import { ETH, somePayment, someTransfer } from './support/some-payment'

function known(text: string): Address {
  const address = parseAddress(text)
  if (address === null) throw new Error(text)
  return address
}

const NOW = new Date('2026-01-31T12:00:00Z')
const EXPIRY = '2026-01-31 12:30:00 UTC'

const NO_WAITS: PaymentWaits = {
  haltedReason: null,
  traceDebts: 0,
  collection: null,
  sweepReason: null,
  gasWallet: null,
  retry: null,
}
const SHORTAGE = { address: known('0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'), missing: amount(5n * 10n ** 17n) }
const SWEEP: PaymentSweepRow = {
  id: newId('sweep'),
  status: 'planned',
  reason: null,
  traceAnchor: '',
  plannedAt: NOW,
  broadcastAt: null,
  completedAt: null,
  transactionHash: hashFromBytes(new Uint8Array(32)),
  blockNumber: null,
}

interface Case {
  readonly payment?: Partial<Payment>
  readonly transfers?: Partial<Transfer>[]
  readonly head?: number
  readonly waits?: Partial<PaymentWaits>
  readonly sweep?: Partial<PaymentSweepRow>
  readonly confirmations?: Situation['confirmations']
  readonly standing?: Partial<Situation['standing']>
  readonly now?: string
}

function situation({
  payment,
  transfers = [],
  head = 100,
  waits,
  sweep,
  confirmations = null,
  now,
  standing,
}: Case): Situation {
  const subject: PaymentSubject = {
    payment: somePayment(payment),
    transfers: transfers.map(someTransfer),
    chain: { headNumber: head, headTime: NOW },
  }
  return {
    subject,
    confirmations,
    standing: { stalled: null, catchingUp: false, headBlock: head, lagBlocks: 0, ...standing },
    native: { symbol: 'ETH', decimals: 18 },
    waits: { ...NO_WAITS, ...waits },
    sweep: sweep === undefined ? null : { ...SWEEP, ...sweep },
    now: now === undefined ? NOW : new Date(now),
  }
}

const DETECTED = { status: 'detected', amountReceived: amount(10n ** 18n) } as const
const CONFIRMED = { status: 'confirmed', amountReceived: amount(10n ** 18n) } as const

const STALLED = {
  since: new Date('2026-01-02T03:04:05Z'),
  reason: 'no provider answers (main: timeout)',
  providers: [{ name: 'main', head: null, error: 'timeout' }],
}

it.each<[string, Case, string | null]>([
  ['a payment', {}, `payment of 1 ETH until ${EXPIRY}`],
  ...([{}, { payment: DETECTED }, { payment: CONFIRMED, sweep: { status: 'broadcast' } }] satisfies Case[]).map(
    (known): [string, Case, string] => [
      'a chain that cannot be read, and not what it was paid long ago',
      { ...known, standing: { stalled: STALLED } },
      'the chain anvil cannot be read since 2026-01-02 03:04:05 UTC: no provider answers (main: timeout)',
    ],
  ),
  [
    'collection, which a chain that cannot be read does not hold up',
    { payment: CONFIRMED, standing: { stalled: STALLED } },
    'to be swept into the treasury',
  ],
  [
    'a payment, and says that the chain is scanned far behind its head',
    { standing: { catchingUp: true, headBlock: 900, lagBlocks: 200 } },
    `payment of 1 ETH until ${EXPIRY}; anvil is scanned up to block 700 of 900`,
  ],
  [
    'a payment, while blocks owe their internal transfers',
    { waits: { traceDebts: 3 } },
    `payment of 1 ETH until ${EXPIRY}; the internal transfers of 3 blocks are still unknown`,
  ],
  [
    'the remainder, less what is tolerated',
    { payment: { status: 'partially_paid', amountReceived: amount(4n * 10n ** 17n), toleranceBps: 100 } },
    `the remaining 0.59 ETH of 1 ETH until ${EXPIRY}`,
  ],
  ['the chain to pass the expiry', { now: '2026-01-31T12:31:00Z' }, `anvil to be scanned past its expiry at ${EXPIRY}`],
  ['confirmations', { payment: DETECTED, transfers: [{ blockNumber: 98 }] }, '3 of 12 confirmations'],
  [
    'the fewest confirmations of its transfers',
    { payment: DETECTED, transfers: [{ blockNumber: 98 }, { blockNumber: 100 }] },
    '1 of 12 confirmations',
  ],
  [
    'agreement, when it is deep enough',
    { payment: DETECTED, transfers: [{ blockNumber: 80 }] },
    '12 of 12 confirmations; providers to agree on the block',
  ],
  [
    'a tag',
    { payment: { ...DETECTED, confirmationsRequired: null }, confirmations: { kind: 'tag', tag: 'safe' } },
    'its block to become safe',
  ],
  ['the sweeper', { payment: CONFIRMED }, 'to be swept into the treasury'],
  ['a planned sweep', { payment: CONFIRMED, sweep: {} }, 'its sweep to be sent'],
  [
    'cheaper gas for a planned sweep',
    { payment: CONFIRMED, sweep: {}, waits: { sweepReason: 'gas_price_too_high' } },
    'the gas price to fall below the ceiling',
  ],
  [
    'the gas wallet, with what it lacks',
    { payment: CONFIRMED, sweep: {}, waits: { sweepReason: 'gas_wallet_low', gasWallet: SHORTAGE } },
    'the gas wallet 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed of anvil lacks 0.5 ETH',
  ],
  [
    'the gas wallet where nothing is planned for it',
    { payment: CONFIRMED, waits: { collection: { reason: 'gas_wallet_low', retryAt: null }, gasWallet: SHORTAGE } },
    'the gas wallet 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed of anvil lacks 0.5 ETH',
  ],
  [
    'an operator to resume, before anything else a planned sweep waits for',
    {
      payment: CONFIRMED,
      sweep: {},
      waits: { sweepReason: 'fees_unknown', collection: { reason: 'paused', retryAt: null } },
    },
    'an operator to resume sweeping on this chain',
  ],
  [
    'cheaper gas for a sweep that was sent and is not mined',
    { payment: CONFIRMED, sweep: { status: 'broadcast' }, waits: { sweepReason: 'gas_price_too_high' } },
    'the gas price to fall below the ceiling',
  ],
  [
    'the confirmations of a sweep, whatever was noted before it was mined',
    {
      payment: CONFIRMED,
      sweep: { status: 'broadcast', blockNumber: 99 },
      waits: { sweepReason: 'gas_price_too_high' },
    },
    'its sweep: 2 of 12 confirmations',
  ],
  ['a miner', { payment: CONFIRMED, sweep: { status: 'broadcast' } }, 'its sweep to be mined'],
  [
    'the sweep’s confirmations',
    { payment: CONFIRMED, sweep: { status: 'broadcast', blockNumber: 99 } },
    'its sweep: 2 of 12 confirmations',
  ],
  [
    'cheaper gas',
    {
      payment: CONFIRMED,
      waits: { collection: { reason: 'gas_price_too_high', retryAt: new Date('2026-01-31T12:05:00Z') } },
    },
    'the gas price to fall below the ceiling; looked at again at 2026-01-31 12:05:00 UTC',
  ],
  [
    'an operator, where sweeping is paused',
    { payment: CONFIRMED, waits: { collection: { reason: 'paused', retryAt: null } } },
    'an operator to resume sweeping on this chain',
  ],
  [
    'a reason that nobody has put in words',
    { payment: CONFIRMED, waits: { collection: { reason: 'moon_phase', retryAt: null } } },
    'moon_phase',
  ],
  [
    'collection again, after a sweep that failed',
    { payment: CONFIRMED, sweep: { status: 'failed' } },
    'to be swept into the treasury',
  ],
  [
    'a halted chain, whatever else',
    { payment: CONFIRMED, waits: { haltedReason: 'deep reorg' } },
    'an operator to resume anvil: deep reorg',
  ],
  [
    'the merchant, for late money under review',
    {
      payment: { status: 'expired', latePolicy: 'review', amountReceived: amount(10n ** 18n) },
      transfers: [{ inTime: false }],
    },
    'the merchant to accept the 1 ETH received, or to refund it',
  ],
  [
    'the chain to pass the cancellation',
    { payment: { cancelRequestedAt: NOW } },
    'anvil to be scanned past its cancellation at 2026-01-31 12:00:00 UTC: what came by then still counts',
  ],
  [
    'a webhook that is tried again',
    {
      payment: { status: 'settled' },
      waits: { retry: { eventType: 'payment.settled', dueAt: new Date('2026-01-31T12:05:00Z'), attempts: 2 } },
    },
    'webhook payment.settled: attempt 3 at 2026-01-31 12:05:00 UTC',
  ],
  ['nothing, once settled', { payment: { status: 'settled' } }, null],
  ['nothing, once canceled', { payment: { status: 'canceled' } }, null],
  ['nothing, once expired', { payment: { status: 'expired' } }, null],
])('waits for %s', (_what, given, expected) => {
  expect(waitingFor(situation(given))).toBe(expected)
})

it('shows amounts of assets without decimals whole', () => {
  const payment = { asset: { ...ETH, symbol: 'WHOLE', decimals: 0 }, amount: amount(7n) }
  expect(waitingFor(situation({ payment }))).toBe(`payment of 7 WHOLE until ${EXPIRY}`)
})
