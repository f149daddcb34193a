import { seats } from '../../src/checkout/seats'

const limits = { perAddress: 2, total: 3 }

test('an address has so many seats, and gets them back', () => {
  const free = seats(limits)
  const leave = free.take('192.0.2.1')
  expect(free.take('192.0.2.1')).not.toBeNull()
  expect(free.take('192.0.2.1')).toBeNull()
  leave?.()
  expect(free.take('192.0.2.1')).not.toBeNull()
})

test('leaving twice gives one seat back', () => {
  const free = seats(limits)
  const leave = free.take('192.0.2.1')
  free.take('192.0.2.1')
  leave?.()
  leave?.()
  free.take('192.0.2.1')
  expect(free.take('192.0.2.1')).toBeNull()
})

test('all addresses together have so many', () => {
  const free = seats(limits)
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) free.take(address)
  expect(free.take('192.0.2.4')).toBeNull()
})

test.each([
  ['a /64 of IPv6', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9'],
  ['an IPv4 address in IPv6 clothing', '192.0.2.1', '::ffff:192.0.2.1'],
])('%s is one address', (_what, one, other) => {
  const free = seats({ perAddress: 1, total: 9 })
  free.take(one)
  expect(free.take(other)).toBeNull()
})
