import type { PaymentView } from '@ctrip/domain/payment/view'
import { type ChainWriter, startTestChain } from '../support/chain-writer'
import { readStream } from '../support/event-stream'
import type { MerchantClient } from '../support/new-merchant'
import { startTestApi, type TestApi } from '../support/test-api'

let api: TestApi
let merchant: MerchantClient
let chain: ChainWriter

beforeAll(async () => {
  api = await startTestApi({ TRUST_PROXY: '127.0.0.0/8' })
  merchant = await api.newMerchant()
  chain = await startTestChain(api.db)
})
afterAll(() => api.close())

const SECRET = { reference: 'order-4711', metadata: { customer: 'jane@example.com' } }

async function newPayment(more: object = {}): Promise<PaymentView> {
  const terms = { chain: 'anvil', asset: 'USDC', amount: '1500000', ...SECRET, ...more }
  return (await merchant.post<PaymentView>('/api/v1/payments', terms)).body
}

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${api.url}${path}`, { headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

async function stateOf(id: string) {
  return JSON.parse((await get(`/checkout/${id}/state`)).text) as { version: string; stage: string }
}

describe('the page', () => {
  it('says how much of what is to be sent where', async () => {
    const { id, address, payment_uri } = await newPayment()
    const { status, text } = await get(`/checkout/${id}`)
    expect(status).toBe(200)
    expect(text).toContain(`data-copy="${address}"`)
    expect(text).toContain('data-copy="1.5"')
    expect(text).toContain(payment_uri.replaceAll('&', '&#38;'))
  })

  it('calls a test network by the name that payers read, and says that its coins are worth nothing', async () => {
    const { id } = await newPayment({ chain: 'tagged', asset: 'ETH' })
    const { text } = await get(`/checkout/${id}`)
    expect(text).toContain('Tagged Testnet is a test network. Its coins are worth nothing')
    expect(text).toContain('only on the network Tagged Testnet')
    expect((await get(`/checkout/${id}?lang=de`)).text).toContain('Tagged Testnet ist ein Testnetzwerk')
    expect((await get(`/checkout/${(await newPayment()).id}`)).text).not.toContain('test network')
  })

  it('shows the price beside the amount that was worked out from it, as the language writes it', async () => {
    const { id } = await newPayment({ amount: undefined, price: { amount: '123450', currency: 'USD' } })
    const english = (await get(`/checkout/${id}`)).text
    expect(english).toContain('data-copy="1234.5"')
    expect(english).toContain('Price <span class="price">$1,234.50</span>')
    expect((await get(`/checkout/${id}?lang=de`)).text).toMatch(/Preis <span class="price">1\.234,50\s\$<\/span>/)
    expect((await get(`/checkout/${(await newPayment()).id}`)).text).not.toContain('class="price"')
  })

  it("tells nothing of the merchant's own business", async () => {
    const { id, trace_id } = await newPayment()
    const shown = (await get(`/checkout/${id}`)).text + (await get(`/checkout/${id}/state`)).text
    for (const secret of [SECRET.reference, 'jane', 'customer', trace_id]) expect(shown).not.toContain(secret)
  })

  it('allows nothing inline and nothing from elsewhere', async () => {
    const { headers, text } = await get(`/checkout/${(await newPayment()).id}`)
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
    expect(text).not.toMatch(/<script(?![^>]* src="assets)|<style|\sstyle=|\son\w+=|src="(https?:)?\/\//)
  })

  it('leads back to the shop: with a link while it waits, and a button in the end', async () => {
    const urls = { success_url: 'https://shop.example/thanks?a=1&b=2', cancel_url: 'https://shop.example/cart' }
    const { id } = await newPayment(urls)
    const waiting = (await get(`/checkout/${id}`)).text
    expect(waiting).toContain('<a href="https://shop.example/cart" rel="noreferrer">')
    expect(waiting).not.toContain('thanks')
    await merchant.post(`/api/v1/payments/${id}/cancel`)
    await chain.mine(new Date(Date.now() + 1_000))
    const canceled = (await get(`/checkout/${id}`)).text
    expect(canceled).toContain('<a class="button" href="https://shop.example/cart" rel="noreferrer">')
    expect(canceled).toMatch(/<title>This payment was canceled · 1\.5 USDC<\/title>/)
  })

  it('is in the language that is asked for', async () => {
    const { id } = await newPayment()
    expect((await get(`/checkout/${id}`, { 'accept-language': 'de-CH' })).text).toContain('<html lang="de">')
    expect((await get(`/checkout/${id}?lang=en`, { 'accept-language': 'de' })).text).toContain('<html lang="en">')
  })

  it('is kept by no cache, and its files for ever under their version', async () => {
    const { headers, text } = await get(`/checkout/${(await newPayment()).id}`)
    expect(headers.get('cache-control')).toBe('no-store')
    const [, script = ''] = /src="(assets\/checkout\.js\?v=[^"]+)"/.exec(text) ?? []
    expect((await get(`/checkout/${script}`)).headers.get('cache-control')).toContain('immutable')
    expect((await get('/checkout/assets/checkout.js?v=other')).headers.get('cache-control')).not.toContain('immutable')
  })

  it.each(['pay_01jzzzzzzzzzzzzzzzzzzzzzzz', 'pay_nonsense', '%22%3E%3Cscript%3E'])(
    'is a page in words where there is no payment %s',
    async (id) => {
      const { status, headers, text } = await get(`/checkout/${id}`)
      expect([status, headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
      expect(text).toContain('There is no such payment')
    },
  )

  it('shows no file but its own', async () => {
    expect((await get('/checkout/assets/..%2f..%2fpackage.json')).status).toBe(404)
    expect((await get('/checkout/assets/tsconfig.json')).status).toBe(404)
  })
})

describe('the stream', () => {
  it('tells of what happens, and of nothing twice', async () => {
    const payment = await newPayment()
    const stream = await readStream(`${api.url}/checkout/${payment.id}/events`)
    expect((await stream.next()).data.stage).toBe('waiting')
    await chain.pay(payment, '500000')
    expect((await stream.next()).data.stage).toBe('partly_paid')
    await chain.pay(payment, '1000000')
    expect((await stream.next()).data.stage).toBe('detected')
    stream.close()
  })

  it('tells of late money that waits for the merchant, and thanks for it once it is accepted', async () => {
    const payment = await newPayment({ late_policy: 'review' })
    const stream = await readStream(`${api.url}/checkout/${payment.id}/events`)
    expect((await stream.next()).data.stage).toBe('waiting')
    await chain.pay(payment, payment.amount, new Date(Date.parse(payment.expires_at) + 1_000))
    expect((await stream.next()).data.stage).toBe('late_review')
    expect((await merchant.post(`/api/v1/payments/${payment.id}/accept`, { amount: payment.amount })).status).toBe(200)
    expect((await stream.next()).data.stage).toBe('detected')
    stream.close()
  })

  it('goes on after the last event that was seen', async () => {
    const payment = await newPayment()
    const { version } = await stateOf(payment.id)
    await chain.pay(payment, '500000')
    const missed = await readStream(`${api.url}/checkout/${payment.id}/events`, { 'last-event-id': version })
    const { id, data } = await missed.next()
    missed.close()
    expect(data.stage).toBe('partly_paid')

    const nothingMissed = await readStream(`${api.url}/checkout/${payment.id}/events?after=${version}`, {
      'last-event-id': id,
    })
    await chain.pay(payment, '1000000')
    expect((await nothingMissed.next()).data.stage).toBe('detected')
    nothingMissed.close()
  })

  it('is refused to an address that has too many, which may ask for the state instead', async () => {
    const { id } = await newPayment()
    const url = `${api.url}/checkout/${id}/events`
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    const streams = await Promise.all(Array.from({ length: 17 }, () => readStream(url, headers)))
    expect(streams.filter(({ status }) => status === 429)).toHaveLength(1)
    const elsewhere = await readStream(url)
    expect(elsewhere.status).toBe(200)
    expect((await stateOf(id)).stage).toBe('waiting')
    for (const stream of [...streams, elsewhere]) stream.close()
  })
})
