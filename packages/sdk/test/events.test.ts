import type { Event } from '../src/sdk'

/** Compiles only while `type` tells what `data` holds. */
function summaryOf(event: Event): string {
  switch (event.type) {
    case 'payment.confirmed':
      return event.data.payment.status
    case 'transfer.unmatched':
      return event.data.transfer.amount
    case 'sweep.confirmed':
      return event.data.sweep.status
    case 'endpoint.test':
      return event.data.endpoint_id
    default:
      return event.id
  }
}

test('the type of an event tells what its data holds', () => {
  const common = { id: 'evt_1', created_at: '2026-01-31T12:00:00.000Z', sequence: 0, trace_id: '0'.repeat(32) }
  expect(summaryOf({ ...common, type: 'endpoint.test', data: { endpoint_id: 'we_1' } })).toBe('we_1')
  expect(summaryOf({ ...common, type: 'webhook.endpoint_failing', data: { endpoint: {} } })).toBe('evt_1')
})
