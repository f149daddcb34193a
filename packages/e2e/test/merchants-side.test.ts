import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { shop } from '@ctrip/example-shop/shop'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { startWebhookInbox, type WebhookInbox } from '@ctrip/local-stack/webhook-inbox'
import { createClient } from '@ctrip/sdk'
import express from 'express'
import { CTRIP } from './support/ctrip'
import { type Gateway, startGateway } from './support/gateway'

let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway()
}, 120_000)
afterAll(() => gateway.stop(), 60_000)

describe('the example shop', () => {
  const app = express()
  const server = app.listen(0, '127.0.0.1')
  let url: string

  beforeAll(async () => {
    const { api, merchant } = gateway.descriptor()
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { secret } = await gateway.api.createEndpoint(`${url}/webhooks`)
    app.use(shop(createClient({ apiKey: merchant.api_key, baseUrl: api.url }), secret))
  })
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })

  async function order(): Promise<{ path: string; checkoutUrl: string }> {
    const response = await fetch(`${url}/orders`, { method: 'POST', redirect: 'manual' })
    const [, id] = /order=([^;]+)/.exec(response.headers.get('set-cookie') ?? '') ?? []
    return { path: `/orders/${id}`, checkoutUrl: response.headers.get('location') ?? '' }
  }

  async function statusOf(path: string): Promise<string> {
    return ((await (await fetch(`${url}${path}`)).json()) as { status: string }).status
  }

  it('sends the customer to the checkout page, and ships once the payment is confirmed', async () => {
    const { path, checkoutUrl } = await order()
    expect(await statusOf(path)).toBe('waiting for payment')
    expect((await fetch(checkoutUrl)).status).toBe(200)
    const { address, amount } = await gateway.api.payment(checkoutUrl.split('/').at(-1) ?? '')
    await gateway.send('USDC', address, BigInt(amount))
    await waitUntil('the coffee shipped', 60_000, async () => (await statusOf(path)) === 'shipped')
  }, 120_000)

  it('rejects an unsigned webhook', async () => {
    const body = JSON.stringify({ id: 'evt_1', type: 'payment.confirmed', data: {} })
    const headers = { 'content-type': 'application/json', 'webhook-id': 'evt_1', 'webhook-signature': 'v1,AAAA' }
    const { status } = await fetch(`${url}/webhooks`, { method: 'POST', body, headers })
    expect(status).toBe(401)
  })
})

describe('ctrip listen', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  let inbox: WebhookInbox
  let listening: ChildProcess
  let printed = ''

  beforeAll(async () => {
    inbox = await startWebhookInbox()
    inbox.expectSecret(secret)
    const options = ['--forward-to', inbox.url, '--types', 'payment.*', '--secret', secret, '--json']
    listening = spawn(process.execPath, [CTRIP, 'listen', ...options, '--data', gateway.dataFolder])
    for (const output of [listening.stdout, listening.stderr]) output?.on('data', (text) => (printed += String(text)))
    await waitUntil('ctrip listen listening', 20_000, async () => printed.includes('Forwarding to'))
  }, 30_000)
  afterAll(async () => {
    listening.kill('SIGTERM')
    await once(listening, 'exit')
    await inbox.stop()
  })

  it('forwards new events, signed like the gateway, equal to the webhook', async () => {
    const forwarded = () => inbox.received().filter(({ verified }) => verified)
    await waitUntil('listening from here', 20_000, async () => {
      await gateway.create('ETH', 10n ** 15n)
      return forwarded().length > 0
    })
    const { id } = await gateway.create('USDC', 2_000_000n)
    const webhook = await gateway.untilWebhook(id, 'payment.created')
    await waitUntil('the same event', 20_000, async () => forwarded().some((event) => event.id === webhook.id))
    expect(forwarded().find((event) => event.id === webhook.id)?.body).toEqual(webhook.body)
    expect(inbox.received().every(({ verified }) => verified)).toBe(true)
    await waitUntil('the line about it', 10_000, async () => printed.includes(`"event":"${webhook.id}"`))
  }, 60_000)
})

describe('canceling while the payer pays', () => {
  const AMOUNT = 1_000_000n
  const RACERS = 8

  it('closes no payment whose money was on the chain before, seen or not', async () => {
    const payments = []
    for (let n = 0; n < RACERS; n++) payments.push(await gateway.create('USDC', AMOUNT))
    const answers = payments.map(async ({ id, address }) => {
      await gateway.send('USDC', address, AMOUNT)
      return (await gateway.api.request('POST', `/payments/${id}/cancel`)).status
    })
    // 409: it was seen already.
    for (const status of await Promise.all(answers)) expect([202, 409]).toContain(status)
    for (const { id } of payments) await gateway.untilStatus(id, 'settled')
  }, 120_000)
})
