import { redact } from '../src/redact'

const MNEMONIC = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const XPUB =
  'xpub6BosfCnifzxcFwrSzQiqu2DBVTshkCXacvNsWGYJVVhhawA7d4R5WSWGFNbi8Aw6ZRc1brxMyWMzG3DSSSSoekkudhUd9yLb6qx39T9nMdj'
const PRIVATE_KEY = `0x${'4c'.repeat(32)}`

test('reads a long run of backslashes once, not once for each of its characters', () => {
  const text = `{"a":"${'\\'.repeat(4_000_000)}"}`
  expect(redact(text)).toBe(text)
})

describe('redact', () => {
  it.each([
    ['an API key', 'refused sk_live_4eC39HqLyjWDarjtT1', '4eC39HqLyjWDarjtT1'],
    ['a webhook secret', 'signed with whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', 'C2FVsBQIhrscChlQIMV'],
    ['a bearer token', 'header Authorization: Bearer abc.def-123456', 'abc.def'],
    ['basic credentials', 'authorization: Basic Y3RyaXA6aHVudGVyMg==', 'Y3RyaXA6'],
    ['credentials of a URL', 'connect postgresql://ctrip:hunter2@db:5432/ctrip failed', 'hunter2'],
    ['a user name that is a key', 'wss://deadbeefcafe@rpc.example/ws', 'deadbeefcafe'],
    ['a key in a query', 'GET https://rpc.example/eth?apikey=abc123&x=1', 'abc123'],
    [
      'a key in the path of a provider',
      'POST https://mainnet.example.io/v3/9aa3d95b3bc440fa88ea12eaa4456161',
      '9aa3d95b',
    ],
    ['a mnemonic', `invalid phrase: ${MNEMONIC}`, 'sausage'],
    ['an extended public key', `wallet ${XPUB} differs`, 'BosfCnifzx'],
    ['a password in a connection string', 'host=db password=hunter2 dbname=ctrip', 'hunter2'],
  ])('removes %s from a text', (_what, text, secret) => {
    expect(text).toContain(secret)
    expect(redact(text)).not.toContain(secret)
    expect(redact(text)).toContain('[redacted]')
  })

  it.each([
    ['authorization', 'hunter2'],
    ['Authorization', ['hunter2']],
    ['set-cookie', 'a=hunter2'],
    ['password', 'hunter2 with "quotes" and \\ in it'],
    ['webhook_secret', 'hunter2'],
    ['apiKey', 'hunter2'],
    ['ADMIN_API_KEY', 'hunter2'],
    ['SECRETS_KEY', 'hunter2'],
    ['privateKey', PRIVATE_KEY],
    ['GAS_WALLET_PRIVATE_KEY', PRIVATE_KEY],
    ['private_key', Buffer.from(PRIVATE_KEY)],
    ['DEPOSIT_MNEMONIC', 'hunter2'],
    ['DEPOSIT_XPUB', 'hunter2'],
    ['password', 424242],
    ['secret', { current: 'hunter2' }],
  ])('removes the value under the name %s, and leaves valid JSON', (name, value) => {
    const line = JSON.stringify({ level: 'info', deep: { deeper: [{ [name]: value, kept: 'kept' }] }, msg: 'a.b' })
    const clean: unknown = JSON.parse(redact(line))
    expect(clean).toEqual({ level: 'info', deep: { deeper: [{ [name]: '[redacted]', kept: 'kept' }] }, msg: 'a.b' })
  })

  it('removes secrets from JSON that is quoted inside JSON', () => {
    const body = JSON.stringify({ secret: 'hunter2', kept: 'kept' })
    const line = JSON.stringify({ err: { message: `unexpected answer ${body}` } })
    const clean = JSON.parse(redact(line)) as { err: { message: string } }
    expect(clean.err.message).toBe('unexpected answer {"secret":"[redacted]","kept":"kept"}')
  })

  it('keeps text that is not secret', () => {
    const line = JSON.stringify({
      payment_id: 'pay_01h455vb4pex5vsknk084sn02q',
      tx_hash: `0x${'ab'.repeat(32)}`,
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      token: 'USDC',
      amount: '1500000',
      url: 'https://shop.example/hooks/ctrip',
      route: '/api/v1/webhook-endpoints/we_01h455vb4pex5vsknk084sn02q/rotate-secret',
      detail: 'the api key is not known, the secret was rotated, and we never tell which',
      msg: 'webhook.attempted',
    })
    expect(redact(line)).toBe(line)
  })
})
