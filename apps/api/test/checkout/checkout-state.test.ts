import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { type CheckoutState, checkoutState, STAGES } from '../../src/checkout/checkout-state'
import { somePayment, someTransfer } from '../support/some-payment'

const IN_TIME = new Date('2026-01-31T12:10:00Z')
const TOO_LATE = new Date('2026-01-31T12:30:00Z')
const half = { amountReceived: amount(5n * 10n ** 17n) }

function stateOf(changes: Partial<Payment>, now = IN_TIME): CheckoutState {
  return checkoutState(somePayment(changes), [], now)
}

test.each<[string, CheckoutState['stage'], Partial<Payment>, Date]>([
  ['nothing received', 'waiting', {}, IN_TIME],
  ['a part received', 'partly_paid', { status: 'partially_paid', ...half }, IN_TIME],
  ['the time up, the chain not scanned so far', 'checking', {}, TOO_LATE],
  ['the time up for the rest, likewise', 'checking', { status: 'partially_paid', ...half }, TOO_LATE],
  ['enough received', 'detected', { status: 'detected' }, TOO_LATE],
  ['confirmed', 'paid', { status: 'confirmed' }, TOO_LATE],
  ['collected', 'settled', { status: 'settled' }, TOO_LATE],
  ['expired with nothing', 'expired', { status: 'expired' }, TOO_LATE],
  ['expired with a part', 'expired_partly', { status: 'expired', ...half }, TOO_LATE],
  [
    'late money held for review',
    'late_review',
    { status: 'expired', flags: ['late'], latePolicy: 'review', ...half },
    TOO_LATE,
  ],
  ['a cancellation that waits for the chain', 'canceling', { cancelRequestedAt: IN_TIME }, IN_TIME],
  ['canceled', 'canceled', { status: 'canceled' }, IN_TIME],
])('%s is shown as %s', (_what, stage, changes, now) => {
  expect(stateOf(changes, now).stage).toBe(stage)
})

test('money is asked for only while it would count', () => {
  const asking = Object.entries(STAGES).filter(([, { payable }]) => payable)
  expect(asking.map(([stage]) => stage)).toEqual(['waiting', 'partly_paid'])
})

test('flags that concern the payer become notices', () => {
  const flags = ['overpaid', 'late', 'wrong_asset', 'wrong_chain', 'multiple'] as const
  expect(stateOf({ status: 'confirmed', flags }).notices).toEqual(['overpaid', 'late', 'wrong_asset', 'wrong_chain'])
})

test('a reorg is told of until it no longer matters', () => {
  expect(stateOf({ status: 'pending', flags: ['reorged'] }).notices).toEqual(['reorged'])
  expect(stateOf({ status: 'confirmed', flags: ['reorged'] }).notices).toEqual([])
})

test('late money under review is told of once', () => {
  const state = stateOf({ status: 'expired', flags: ['late'], latePolicy: 'review', ...half })
  expect(state).toEqual({ stage: 'late_review', notices: [] })
})

test('money that came after the cancellation is told of', () => {
  const payment = somePayment({ status: 'canceled' })
  expect(checkoutState(payment, [someTransfer()], IN_TIME).notices).toEqual(['paid_after_cancel'])
})
