import type { ClaimedDelivery } from '@ctrip/db/webhooks/delivery-claims'
import { newId } from '@ctrip/domain/ids'
import { type DeliveryAttempt, discarded, givenBack, settlementOf } from '../src/delivery-outcome'

const NOW = new Date('2026-03-01T12:00:00Z')
const RULES = { scheduleSeconds: [0, 10, 20], now: NOW, random: 0.5 }

const claimed: ClaimedDelivery = {
  id: newId('delivery'),
  eventId: newId('event'),
  endpointId: newId('webhookEndpoint'),
  merchantId: newId('merchant'),
  leaseToken: 'token',
  attempts: 0,
  dueAt: NOW,
  url: 'https://merchant.example/',
  sealedSecret: new Uint8Array(),
  sealedPreviousSecret: null,
  sealedHeaders: null,
  troubled: false,
  probe: false,
}
const delivered: DeliveryAttempt = {
  at: NOW,
  durationMs: 12,
  statusCode: 200,
  reason: null,
  error: null,
  detail: null,
  responseBody: null,
  location: null,
  retryAfterMs: null,
  traceparent: '',
}
const failed: DeliveryAttempt = {
  ...delivered,
  statusCode: 500,
  reason: 'server_error',
  error: 'bad_status',
  detail: 'answered 500',
} as const
const later = (ms: number) => new Date(NOW.getTime() + ms)

test('a 2xx delivers', () => {
  const { settlement, signal } = settlementOf(claimed, delivered, RULES)
  expect(settlement).toMatchObject({
    status: 'delivered',
    attempts: 1,
    dueAt: null,
    attempt: { n: 1, error: null, reason: null },
  })
  expect(signal.outcome).toBe('delivered')
})

test('a failure is tried again by the schedule', () => {
  expect(settlementOf(claimed, failed, RULES).settlement).toMatchObject({
    status: 'pending',
    attempts: 1,
    dueAt: later(10_000),
  })
})

test('the last failure of the schedule is a dead letter', () => {
  const { settlement } = settlementOf({ ...claimed, attempts: 2 }, failed, RULES)
  expect(settlement).toMatchObject({ status: 'dead_lettered', attempts: 3, dueAt: null })
})

test('410 is a dead letter at once, and its endpoint gone', () => {
  const { settlement, signal } = settlementOf(claimed, { ...failed, statusCode: 410 }, RULES)
  expect([settlement.status, signal.outcome]).toEqual(['dead_lettered', 'gone'])
})

test.each([429, 503])('%i with Retry-After waits as long as asked, and never less than the schedule', (statusCode) => {
  const long = settlementOf(claimed, { ...failed, statusCode, retryAfterMs: 60_000 }, RULES)
  expect([long.settlement.dueAt, long.signal.quietMs]).toEqual([later(60_000), 60_000])
  const short = settlementOf(claimed, { ...failed, statusCode, retryAfterMs: 1_000 }, RULES)
  expect([short.settlement.dueAt, short.signal.quietMs]).toEqual([later(10_000), 1_000])
})

test('nobody gets more than an hour of quiet, and 500 gets none', () => {
  expect(settlementOf(claimed, { ...failed, statusCode: 429, retryAfterMs: 9e9 }, RULES).signal.quietMs).toBe(3_600_000)
  expect(settlementOf(claimed, { ...failed, retryAfterMs: 60_000 }, RULES).signal.quietMs).toBeNull()
})

test('the merchant is told one word, the operator the reason', () => {
  const refused: DeliveryAttempt = {
    ...failed,
    statusCode: null,
    reason: 'refused_destination',
    error: 'no_public_address',
    detail: '10.0.0.1 is private\0\n',
  }
  expect(settlementOf(claimed, refused, RULES).settlement.attempt).toMatchObject({
    error: 'no_public_address',
    reason: 'refused_destination: 10.0.0.1 is private ',
  })
})

test('what is given back is as if it had never been claimed', () => {
  expect(givenBack({ ...claimed, attempts: 4 }, NOW)).toMatchObject({
    status: 'pending',
    attempts: 4,
    attempt: null,
    dueAt: NOW,
  })
})

test('a delivery whose event is gone is discarded without an attempt', () => {
  expect(discarded(claimed)).toMatchObject({ status: 'discarded', attempt: null, attempts: 0 })
})
