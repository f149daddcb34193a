import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { type Sender, sender } from './support/attempt'
import { closeRawServers, type RawServer, startRawServer } from './support/raw-server'

// Real listeners on the loopback: what counts is that they are not reached, not only that an error comes back.
let ipv4: RawServer
let ipv6: RawServer
let closed: Sender

const answer = 'HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'

beforeEach(async () => {
  ipv4 = await startRawServer((socket) => socket.end(answer))
  ipv6 = await startRawServer((socket) => socket.end(answer), '::1', ipv4.port)
  closed = sender([])
})

afterEach(async () => {
  await closed.close()
  await closeRawServers()
})

describe.each(['http', 'https'])('with an empty allow-list, over %s', (scheme) => {
  test.each([
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0x7f.1',
    '017700000001',
    '0177.0.0.1',
    '0177.1',
    '127.0.0.2',
    '①②⑦.0.0.1',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '0',
    '0.0.0.0',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    'localhost',
    'localhost.',
    'LOCALHOST',
    'any.localhost',
  ])('never reaches a listener as %s', async (host) => {
    const attempt = await closed.attempt(`${scheme}://${host}:${ipv4.port}/`)
    expect(attempt).toMatchObject({ statusCode: null, reason: 'refused_destination' })
    expect([ipv4.hits(), ipv6.hits()]).toEqual([0, 0])
  })
})

test('reaches those listeners where the operator allows it', async () => {
  const open = sender(['127.0.0.0/8', '::1/128'])
  for (const host of ['127.1', '2130706433', '[::ffff:127.0.0.1]', 'localhost', '[::1]']) {
    expect(await open.attempt(`http://${host}:${ipv4.port}/`)).toMatchObject({ statusCode: 204, reason: null })
  }
  expect([ipv4.hits(), ipv6.hits()]).toEqual([4, 1])
  await open.close()
})

test('refuses credentials in a URL, wherever it leads', async () => {
  const open = sender(['127.0.0.0/8'])
  const attempt = await open.attempt(`http://user:secret@127.0.0.1:${ipv4.port}/`)
  expect(attempt).toMatchObject({ statusCode: null, reason: 'refused_destination' })
  expect(attempt.detail).not.toContain('secret')
  expect(ipv4.hits()).toBe(0)
  await open.close()
})

test.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'gopher://127.0.0.1:70/'])('refuses %s', async (url) => {
  expect(await sender(['127.0.0.0/8']).attempt(url)).toMatchObject({ statusCode: null, reason: 'refused_destination' })
})

describe('names', () => {
  test('are judged by the address that is connected to: a name that moves to the loopback is refused (DNS rebinding)', async () => {
    const answers = [
      [1, 1, 1, 1],
      [127, 0, 0, 1],
    ]
    const dns = await startDns(() => answers.shift() ?? [127, 0, 0, 1], 0)
    const guarded = sender([], { servers: [`127.0.0.1:${dns.port}`] })
    // The first answer is public: what the API would have seen when the endpoint was made. Then the name moves.
    await dns.ask()
    expect(await guarded.attempt(`https://rebind.example:${ipv4.port}/`)).toMatchObject({
      reason: 'refused_destination',
    })
    expect(ipv4.hits()).toBe(0)
    await guarded.close()
    await dns.close()
  })

  test('are asked for once within their TTL, and again after it', async () => {
    const dns = await startDns(() => [127, 0, 0, 1], 1)
    const guarded = sender(['127.0.0.0/8'], { servers: [`127.0.0.1:${dns.port}`] })
    const url = `http://shop.example:${ipv4.port}/`
    const attempts = await Promise.all([guarded.attempt(url), guarded.attempt(url), guarded.attempt(url)])
    expect(attempts.map(({ statusCode }) => statusCode)).toEqual([204, 204, 204])
    expect(dns.questions()).toBe(1)
    await new Promise((done) => setTimeout(done, 1_100))
    await guarded.attempt(url)
    expect(dns.questions()).toBe(2)
    await guarded.close()
    await dns.close()
  })

  test('that DNS does not know and /etc/hosts does are found there, and judged like any other', async () => {
    const dns = await startDns(() => null, 0)
    const guarded = sender([], { servers: [`127.0.0.1:${dns.port}`] })
    const { name, address } = ownName()
    const attempt = await guarded.attempt(`http://${name}:${ipv4.port}/`)
    expect(attempt.reason).toBe('refused_destination')
    expect(attempt.detail).toContain(address)
    expect([ipv4.hits(), ipv6.hits()]).toEqual([0, 0])
    await guarded.close()
    await dns.close()
  })

  test('that lead nowhere are one uniform failure', async () => {
    const dns = await startDns(() => null, 0)
    const guarded = sender(['127.0.0.0/8'], { servers: [`127.0.0.1:${dns.port}`] })
    expect(await guarded.attempt('https://nowhere.example/')).toMatchObject({ statusCode: null, reason: 'dns' })
    await guarded.close()
    await dns.close()
  })
})

/** A name that stands in /etc/hosts, such as the machine's own; not `localhost`, which nobody is asked for. */
function ownName(): { name: string; address: string } {
  const lines = readFileSync('/etc/hosts', 'utf8').split('\n')
  const named = lines.filter((line) => /^[0-9a-f]/.test(line)).map((line) => line.trim().split(/\s+/))
  for (const [address, ...names] of named) {
    const name = names.find((one) => one !== 'localhost' && !one.endsWith('.localhost'))
    if (address !== undefined && name !== undefined) return { name, address }
  }
  throw new Error('/etc/hosts has no name but localhost')
}

/** Answers A questions with `answer`, all others with nothing (RFC 1035 §4). Counts the A questions. */
async function startDns(answer: () => number[] | null, ttlSeconds: number) {
  const socket = createSocket('udp4')
  let questions = 0
  socket.on('message', (query, from) => {
    const end = query.indexOf(0, 12) + 5 // the name, its zero, type and class
    const isA = query.readUInt16BE(end - 4) === 1
    if (isA) questions++
    const address = isA ? answer() : null
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180, 2)
    header.writeUInt16BE(address === null ? 0 : 1, 6)
    header.fill(0, 8, 12) // c-ares asks with an EDNS record, which we do not repeat
    const ttl = Buffer.alloc(4)
    ttl.writeUInt32BE(ttlSeconds)
    const record = address === null ? [] : [Buffer.of(0xc0, 0x0c, 0, 1, 0, 1), ttl, Buffer.of(0, 4, ...address)]
    socket.send(Buffer.concat([header, query.subarray(12, end), ...record]), from.port, from.address)
  })
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))
  return {
    port: socket.address().port,
    questions: () => questions,
    ask: async () => void answer(),
    close: () => new Promise<void>((done) => socket.close(() => done())),
  }
}
