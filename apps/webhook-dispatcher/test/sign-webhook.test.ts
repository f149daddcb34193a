import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { signingKey, signWebhook } from '../src/sign-webhook'

test('signs the example of the specification as the specification does', () => {
  // https://github.com/standard-webhooks/standard-webhooks: the test vector of its reference libraries.
  const key = signingKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
  const body = Buffer.from('{"test": 2432232314}')
  expect(signWebhook([key], { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampSeconds: 1_614_265_330, body })).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  )
})

test('is verified by the reference library, whatever the body, with either of two secrets', () => {
  fc.assert(
    fc.property(fc.json(), fc.uint8Array({ minLength: 24, maxLength: 64 }), (text, bytes) => {
      const secrets = [bytes, randomBytes(32)].map((secret) => `whsec_${Buffer.from(secret).toString('base64')}`)
      const timestampSeconds = Math.floor(Date.now() / 1_000)
      const signature = signWebhook(secrets.map(signingKey), { id: 'evt_1', timestampSeconds, body: Buffer.from(text) })
      const headers = {
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(timestampSeconds),
        'webhook-signature': signature,
      }
      for (const secret of secrets) expect(() => new Webhook(secret).verify(text, headers)).not.toThrow()
    }),
    { numRuns: 50 },
  )
})
