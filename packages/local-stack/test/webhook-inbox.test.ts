import { startWebhookInbox, type WebhookInbox } from '@ctrip/local-stack/webhook-inbox'
import { Webhook } from 'standardwebhooks'

const SECRET = `whsec_${Buffer.from('a secret of twenty-four!').toString('base64')}`
const BODY = JSON.stringify({ id: 'evt_1', type: 'payment.detected' })
let inbox: WebhookInbox

beforeEach(async () => {
  inbox = await startWebhookInbox()
  inbox.expectSecret(SECRET)
})
afterEach(() => inbox.stop())

async function deliver(body: string, sentAt = new Date()): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
    'webhook-signature': new Webhook(SECRET).sign('evt_1', sentAt, BODY),
  }
  return (await fetch(inbox.url, { method: 'POST', headers, body })).status
}

test('accepts a webhook signed with the endpoint secret', async () => {
  expect(await deliver(BODY)).toBe(204)
  expect(inbox.received()).toMatchObject([{ verified: true, id: 'evt_1', type: 'payment.detected' }])
})

test('rejects a body that differs from the signed one, and records it as unverified', async () => {
  expect(await deliver(BODY.replace('detected', 'confirmed'))).toBe(401)
  expect(inbox.received()).toMatchObject([{ verified: false, id: 'evt_1' }])
})

test('refuses a timestamp too far in the past', async () => {
  expect(await deliver(BODY, new Date(Date.now() - 3_600_000))).toBe(401)
})

test('rejects every request while no secret is known', async () => {
  const stranger = await startWebhookInbox()
  const { status } = await fetch(stranger.url, { method: 'POST', body: BODY })
  await stranger.stop()
  expect(status).toBe(401)
})
