import { createHmac } from 'node:crypto'
import { webhooks } from '../src/sdk'

// The vector that implementations of Standard Webhooks share.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const BODY = '{"test": 2432232314}'
const HEADERS = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}
const THEN = { now: new Date(1_614_265_330_000) }

test('accepts the vector of Standard Webhooks, and returns what was signed', async () => {
  await expect(webhooks.verify(BODY, HEADERS, SECRET, THEN)).resolves.toEqual({ test: 2432232314 })
})

test.each([
  ['a Headers object', new Headers(HEADERS)],
  [
    'names in whatever case',
    Object.fromEntries(Object.entries(HEADERS).map(([name, value]) => [name.toUpperCase(), value])),
  ],
  ['a list of signatures', { ...HEADERS, 'webhook-signature': `v1,AAAA v2,x ${HEADERS['webhook-signature']}` }],
])('takes %s', async (_what, headers) => {
  await expect(webhooks.verify(BODY, headers, SECRET, THEN)).resolves.toBeDefined()
})

test('takes the body as bytes', async () => {
  await expect(webhooks.verify(Buffer.from(BODY), HEADERS, SECRET, THEN)).resolves.toEqual({ test: 2432232314 })
})

test('tries several secrets', async () => {
  await expect(webhooks.verify(BODY, HEADERS, ['whsec_b3RoZXI=', SECRET], THEN)).resolves.toBeDefined()
})

const sign = (id: string, timestamp: string, body: string): string =>
  `v1,${createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64')}`

test.each([
  ['an altered body', '{"test": 2432232315}', {}],
  ['another id', BODY, { 'webhook-id': 'msg_other' }],
  ['another timestamp', BODY, { 'webhook-timestamp': '1614265331' }],
  ['a signature that is none', BODY, { 'webhook-signature': 'v1,%%%' }],
  ['a version that is not ours', BODY, { 'webhook-signature': HEADERS['webhook-signature'].replace('v1', 'v2') }],
  ['a missing header', BODY, { 'webhook-id': undefined }],
  ['an empty header', BODY, { 'webhook-signature': '' }],
  ['a timestamp that is none', BODY, { 'webhook-timestamp': 'yesterday' }],
])('refuses %s', async (_what, body, changes) => {
  await expect(webhooks.verify(body, { ...HEADERS, ...changes }, SECRET, THEN)).rejects.toMatchObject({
    name: 'WebhookVerificationError',
  })
})

test('refuses another secret', async () => {
  await expect(webhooks.verify(BODY, HEADERS, 'whsec_b3RoZXI=', THEN)).rejects.toThrow('No signature')
})

test.each([
  ['too old', 301],
  ['in the future', -301],
])('refuses what is %s, though well signed', async (what, ageSeconds) => {
  const now = new Date(THEN.now.getTime() + ageSeconds * 1000)
  await expect(webhooks.verify(BODY, HEADERS, SECRET, { now })).rejects.toThrow(what)
})

test('takes what is as old as is tolerated', async () => {
  const now = new Date(THEN.now.getTime() + 300_000)
  await expect(webhooks.verify(BODY, HEADERS, SECRET, { now })).resolves.toBeDefined()
  const timestamp = '1614265330'
  const headers = { ...HEADERS, 'webhook-signature': sign(HEADERS['webhook-id'], timestamp, BODY) }
  await expect(webhooks.verify(BODY, headers, SECRET, { now, toleranceSeconds: 299 })).rejects.toThrow('too old')
})

test.each<[string, unknown, unknown, RegExp]>([
  ['a parsed body', JSON.parse(BODY), SECRET, /raw text or bytes.*express\.raw/],
  ['a body that is missing', undefined, SECRET, /raw text or bytes/],
  ['a secret that is not set', BODY, undefined, /secret is missing/],
  ['an empty secret', BODY, '', /secret is missing/],
  ['a secret that is none', BODY, 'whsec_%%%', /whsec_ and base64/],
])('says what to do about %s', async (_what, body, secret, message) => {
  const verify = webhooks.verify as (...args: unknown[]) => Promise<unknown>
  await expect(verify(body, HEADERS, secret, THEN)).rejects.toMatchObject({
    name: 'WebhookVerificationError',
    message: expect.stringMatching(message) as string,
  })
})

test('takes headers whose values are lists of one, and none that came twice', async () => {
  const lists = Object.fromEntries(Object.entries(HEADERS).map(([name, value]) => [name, [value]]))
  await expect(webhooks.verify(BODY, lists, SECRET, THEN)).resolves.toBeDefined()
  const twice = { ...lists, 'webhook-id': [HEADERS['webhook-id'], 'msg_other'] }
  await expect(webhooks.verify(BODY, twice, SECRET, THEN)).rejects.toThrow('more than once')
})
