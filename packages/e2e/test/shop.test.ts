import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { shop } from '@ctrip/example-shop/shop'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { createClient } from '@ctrip/sdk'
import express from 'express'
import { type Gateway, startGateway } from './support/gateway'

describe('the example shop', () => {
  let gateway: Gateway
  let server: Server
  let url: string

  beforeAll(async () => {
    gateway = await startGateway()
    const { api, merchant } = gateway.descriptor()
    const app = express()
    server = app.listen(0, '127.0.0.1')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { secret } = await gateway.api.createEndpoint(`${url}/webhooks`)
    app.use(shop(createClient({ apiKey: merchant.api_key, baseUrl: api.url }), secret))
  }, 120_000)

  afterAll(async () => {
    server.close()
    server.closeAllConnections()
    await gateway.stop()
  }, 60_000)

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

  it('believes no webhook that is not signed', async () => {
    const body = JSON.stringify({ id: 'evt_1', type: 'payment.confirmed', data: {} })
    const headers = { 'content-type': 'application/json', 'webhook-id': 'evt_1', 'webhook-signature': 'v1,AAAA' }
    const { status } = await fetch(`${url}/webhooks`, { method: 'POST', body, headers })
    expect(status).toBe(401)
  })
})
