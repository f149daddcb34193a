import { destinationPolicy, knownAddresses } from '../src/destination-policy'

const closed = destinationPolicy([])

describe('without an allow-list', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['169.254.169.254', 'linkLocal'],
    ['100.64.0.1', 'carrierGradeNat'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['192.0.2.1', 'reserved'],
    ['240.0.0.1', 'reserved'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['fe80::1', 'linkLocal'],
    ['fd00:ec2::254', 'uniqueLocal'],
    ['ff02::1', 'multicast'],
    ['64:ff9b::7f00:1', 'rfc6052'],
    ['2002:7f00:1::', '6to4'],
    ['2001::7f00:1', 'teredo'],
    ['2001:db8::1', 'reserved'],
    ['168.63.129.16', 'credentials'],
    ['::ffff:168.63.129.16', 'credentials'],
    ['100.100.100.200', 'credentials'],
    ['192.0.0.192', 'credentials'],
    ['fd00:ec2::254', 'credentials'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:169.254.169.254', 'linkLocal'],
  ])('refuses %s as %s', (address, range) => {
    expect(closed.refusal(address, 'https:')).toContain(range)
  })

  test.each(['4000::1', '64:ff9b:1::7f00:1', '::7f00:1', '5f00::1'])(
    'refuses %s, which is nobody’s on the internet',
    (address) => {
      expect(closed.refusal(address, 'https:')).not.toBeNull()
    },
  )

  test.each(['1.1.1.1', '93.184.216.34', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::200e'])(
    'allows %s',
    (address) => {
      expect(closed.refusal(address, 'https:')).toBeNull()
    },
  )

  test('refuses plain HTTP, even to the internet', () => {
    expect(closed.refusal('1.1.1.1', 'http:')).toBe('http:// is not allowed to 1.1.1.1')
  })
})

describe('with an allow-list', () => {
  const open = destinationPolicy(['127.0.0.0/8', 'fd00::/8', '::ffff:10.0.0.0/104'])

  test.each(['127.0.0.1', '::ffff:127.0.0.1', 'fd12::1', '10.9.8.7'])('allows %s, over HTTP too', (address) => {
    expect(open.refusal(address, 'http:')).toBeNull()
  })

  test.each(['192.168.1.1', '::1', '169.254.169.254', '2002:7f00:1::'])('still refuses %s', (address) => {
    expect(open.refusal(address, 'https:')).not.toBeNull()
  })
})

describe('without asking', () => {
  test.each([
    ['8.8.8.8', ['8.8.8.8']],
    ['8.8.8.8.', ['8.8.8.8']],
    ['[2606:4700::1111]', ['2606:4700::1111']],
    ['localhost', ['127.0.0.1', '::1']],
    ['Shop.LOCALHOST.', ['127.0.0.1', '::1']],
  ])('%s is known to have %j', (hostname, addresses) => {
    expect(knownAddresses(hostname)).toEqual(addresses)
  })

  test.each(['shop.example', 'localhost.example', 'notlocalhost'])('nobody can tell where %s is', (hostname) => {
    expect(knownAddresses(hostname)).toBeNull()
  })
})
