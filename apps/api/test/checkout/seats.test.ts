import { type Ip, parseIp } from '@ctrip/domain/networks'
import { seats } from '../../src/checkout/seats'

const limits = { perCustomer: 2, perSite: 3, total: 4 }

function ip(text: string): Ip {
  const parsed = parseIp(text)
  if (parsed === null) throw new Error(`${text} is no address`)
  return parsed
}

test('gives an address so many seats, and again those that were left', () => {
  const free = seats(limits)
  const leave = free.take(ip('192.0.2.1'))
  expect(free.take(ip('192.0.2.1'))).not.toBeNull()
  expect(free.take(ip('192.0.2.1'))).toBeNull()
  leave?.()
  expect(free.take(ip('192.0.2.1'))).not.toBeNull()
})

test('gives one seat back when it is left twice', () => {
  const free = seats(limits)
  const leave = free.take(ip('192.0.2.1'))
  free.take(ip('192.0.2.1'))
  leave?.()
  leave?.()
  free.take(ip('192.0.2.1'))
  expect(free.take(ip('192.0.2.1'))).toBeNull()
})

test('gives all addresses together so many seats', () => {
  const free = seats(limits)
  for (const address of ['192.0.2.1', '198.51.100.2', '203.0.113.3', '203.0.113.4']) free.take(ip(address))
  expect(free.take(ip('2001:db8::1'))).toBeNull()
})

test.each([
  ['a /64 of IPv6', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9'],
  ['an IPv4 address that comes as IPv6', '192.0.2.1', '::ffff:192.0.2.1'],
])('counts %s as one customer', (_what, one, other) => {
  const free = seats({ perCustomer: 1, perSite: 9, total: 9 })
  free.take(ip(one))
  expect(free.take(ip(other))).toBeNull()
})

test.each([
  ['a /48 of IPv6', (n: number) => `2001:db8:1:${n.toString(16)}::1`],
  ['a /24 of IPv4', (n: number) => `192.0.2.${n}`],
])('leaves seats to others when %s takes all it can, and keeps none of those refused', (_what, address) => {
  const free = seats({ perCustomer: 16, perSite: 5, total: 8 })
  const taken = Array.from({ length: 200 }, (_, n) => free.take(ip(address(n))))
  expect(taken.filter((leave) => leave !== null)).toHaveLength(5)
  expect(free.take(ip('203.0.113.1'))).not.toBeNull()
  for (const leave of taken) leave?.()
  const again = Array.from({ length: 200 }, (_, n) => free.take(ip(address(n))))
  expect(again.filter((leave) => leave !== null)).toHaveLength(5)
})
