import type { ReceivedWebhook } from '@ctrip/local-stack/webhook-inbox'
import type { Payment } from '../src/api-schemas'
import { judgeDemo } from '../src/demo/judge-demo'

const settled = { id: 'pay_1', status: 'settled' } as Payment
const TYPES = ['payment.created', 'payment.detected', 'payment.confirmed', 'payment.settled']

function webhook(type: string, verified = true): ReceivedWebhook {
  const body = { type, data: { payment: { id: 'pay_1' } } }
  return { verified, id: `evt_${type}`, type, body, headers: {}, receivedAt: new Date() }
}

test('passes when the payment settled and every expected webhook came and verified', () => {
  expect(
    judgeDemo(
      [settled],
      TYPES.map((type) => webhook(type)),
    ),
  ).toEqual({ passed: true, faults: [] })
})

test('fails while a payment is not settled', () => {
  const { faults } = judgeDemo(
    [{ ...settled, status: 'confirmed' }],
    TYPES.map((type) => webhook(type)),
  )
  expect(faults).toEqual(['pay_1 is confirmed, not settled'])
})

test('fails when an event never came', () => {
  const { faults } = judgeDemo(
    [settled],
    TYPES.slice(1).map((type) => webhook(type)),
  )
  expect(faults).toEqual(['pay_1: no webhook payment.created came'])
})

test('fails when anything received did not verify', () => {
  const received = [...TYPES.map((type) => webhook(type)), webhook('payment.settled', false)]
  expect(judgeDemo([settled], received).faults).toEqual(['webhook evt_payment.settled did not verify'])
})
