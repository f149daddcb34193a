import { randomBytes } from 'node:crypto'
import { transaction } from '@ctrip/db/database/transaction'
import { recordReading } from '@ctrip/db/rates/rate-rounds'
import type { CheckoutSessionView } from '@ctrip/domain/checkout-session/view'
import { hashFromBytes } from '@ctrip/domain/hash'
import { idToUuid } from '@ctrip/domain/ids'
import type { PaymentView } from '@ctrip/domain/payment/view'
import { feedsOf } from '@ctrip/domain/rates/rate-book'
import type { ListBody } from './support/api-client'
import { type ChainWriter, startTestChain } from './support/chain-writer'
import { testRates } from './support/fixtures'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

let api: TestApi
let merchant: MerchantClient
let chain: ChainWriter

beforeAll(async () => {
  api = await startTestApi()
  merchant = await api.newMerchant()
  chain = await startTestChain(api.db)
  await sayEther(2_000n)
}, 60_000)
afterAll(() => api?.close())

const PATH = '/api/v1/checkout-sessions'
const PRICE = { amount: '1999', currency: 'USD' }
const later = (ms: number): Date => new Date(Date.now() + ms)

async function create(changes: object = {}): Promise<CheckoutSessionView> {
  const { status, body } = await merchant.post<CheckoutSessionView>(PATH, { price: PRICE, ...changes })
  expect(status).toBe(201)
  return body
}
const read = async ({ id }: { id: string }) => (await merchant.get<CheckoutSessionView>(`${PATH}/${id}`)).body
const choose = ({ id }: { id: string }, asset: string, headers: Record<string, string> = {}) =>
  merchant.post<PaymentView>(`${PATH}/${id}/payments`, { chain: 'anvil', asset }, headers)
const expire = ({ id }: { id: string }) => merchant.post<CheckoutSessionView>(`${PATH}/${id}/expire`)

async function eventTypes({ id }: CheckoutSessionView): Promise<string[]> {
  const where = { checkout_session_id: idToUuid(id) }
  const rows = await api.db.prisma.events.findMany({ where, orderBy: { sequence: 'asc' } })
  return rows.map(({ type }) => type)
}

describe('a checkout session', () => {
  it('offers each priced asset with the amount that is due, and fills its id into the links', async () => {
    const session = await create({
      success_url: 'https://shop.example/thanks?session={CHECKOUT_SESSION_ID}',
      line_items: [
        { name: 'Tea', quantity: 2, unit_amount: '500' },
        { name: 'Cup', quantity: 1, unit_amount: '999' },
      ],
      metadata: { cart: '7' },
      reference: 'order-7',
    })
    expect(session).toMatchObject({
      ...{ object: 'checkout_session', status: 'open', price: { ...PRICE, amount_display: '19.99' } },
      ...{ amount_paid: '0', amount_pending: '0', amount_due: '1999', payments: [], sequence: 1, completed_at: null },
      ...{ reference: 'order-7', metadata: { cart: '7' }, url: `${api.config.PUBLIC_URL}/checkout/${session.id}` },
      success_url: `https://shop.example/thanks?session=${session.id}`,
      options: [
        {
          chain: 'anvil',
          asset: { symbol: 'ETH' },
          amount: '9995000000000000',
          amount_display: '0.009995',
          rate: '2000',
        },
        { chain: 'anvil', asset: { symbol: 'USDC' }, amount: '19990000', amount_display: '19.99', rate: '1' },
      ],
    })
    expect(session.options.map(({ available, reason }) => [available, reason])).toEqual([
      [true, null],
      [true, null],
    ])
    expect(await read(session)).toEqual(session)
  })

  it.each([
    [{ line_items: [{ name: 'Tea', quantity: 2, unit_amount: '500' }] }, 'line_items_mismatch'],
    [{ price: { amount: '1999', currency: 'CHF' } }, 'unknown_currency'],
    [{ price: { amount: '0', currency: 'USD' } }, 'validation_failed'],
    [{ accept: [{ chain: 'nowhere', asset: 'USDC' }] }, 'unknown_chain'],
    [{ accept: [{ chain: 'anvil', asset: 'GOLD' }] }, 'unknown_asset'],
    [{ accept: [{ chain: 'anvil', asset: 'WHOLE' }] }, 'asset_not_priced'],
    [{ success_url: 'ftp://shop.example' }, 'validation_failed'],
    [{ expires_in: 299 }, 'validation_failed'],
    [{ quote_seconds: 59 }, 'validation_failed'],
  ])('is refused with %j', async (changes, code) => {
    const { status, body } = await merchant.post(PATH, { price: PRICE, ...changes })
    expect([status, body.code]).toEqual([422, code])
  })

  it('is listed by status and reference, newest first', async () => {
    const first = await create({ reference: 'listed' })
    const second = await create({ reference: 'listed' })
    const list = async (query: string) =>
      (await merchant.get<ListBody<CheckoutSessionView>>(`${PATH}?${query}`)).body.data.map(({ id }) => id)
    expect(await list('reference=listed')).toEqual([second.id, first.id])
    expect(await list(`reference=listed&starting_after=${second.id}`)).toEqual([first.id])
    expect(await list('reference=listed&status=complete')).toEqual([])
  })

  it('is made once for one Idempotency-Key', async () => {
    const key = { 'idempotency-key': 'session-once' }
    const [first, second] = [
      await merchant.post(PATH, { price: PRICE }, key),
      await merchant.post(PATH, { price: PRICE }, key),
    ]
    expect(second.text).toBe(first.text)
    expect(second.headers.get('idempotent-replayed')).toBe('true')
  })
})

describe('choosing an asset', () => {
  it('makes one payment for what is due, and answers with it again while its quote holds', async () => {
    const session = await create({ tolerance_bps: 100, metadata: { cart: '8' } })
    const first = await choose(session, 'USDC')
    expect([first.status, first.body]).toMatchObject([
      201,
      {
        ...{ amount: '19990000', checkout_session: session.id, trace_id: session.trace_id, metadata: { cart: '8' } },
        quote: { currency: 'USD', amount: '1999', rate: '1', source: 'fixed', expires_at: first.body.expires_at },
      },
    ])
    const again = await choose(session, 'USDC')
    expect([again.status, again.body.id]).toEqual([200, first.body.id])
    const other = await choose(session, 'ETH')
    expect([other.status, other.body.amount]).toEqual([201, '9995000000000000'])
    expect((await read(session)).payments).toEqual([first.body.id, other.body.id])
  })

  it('gives two payers who choose at once the same payment', async () => {
    const session = await create()
    const answers = await Promise.all(Array.from({ length: 6 }, () => choose(session, 'USDC')))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201])
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect((await read(session)).payments).toHaveLength(1)
  })

  it('makes a new payment at a new quote once the quote has ended', async () => {
    const session = await create()
    const first = await choose(session, 'USDC')
    await endQuote(first.body)
    const second = await choose(session, 'USDC')
    expect(second.status).toBe(201)
    expect(second.body.id).not.toBe(first.body.id)
  })

  it('refuses the 21st payment', async () => {
    const session = await create()
    for (let n = 0; n < 20; n++) {
      const { status, body } = await choose(session, 'USDC')
      expect(status).toBe(201)
      await endQuote(body)
    }
    const { status, body } = await merchant.post(`${PATH}/${session.id}/payments`, { chain: 'anvil', asset: 'USDC' })
    expect([status, body.code]).toEqual([409, 'too_many_payments'])
  })

  it('refuses what the merchant does not take', async () => {
    const session = await create({ accept: [{ chain: 31337, asset: 'usdc' }] })
    expect(session.options.map(({ asset }) => asset.symbol)).toEqual(['USDC'])
    const { status, body } = await merchant.post(`${PATH}/${session.id}/payments`, { chain: 'anvil', asset: 'ETH' })
    expect([status, body.code]).toEqual([422, 'asset_not_offered'])
  })

  it('is done once for one Idempotency-Key, whatever happened since', async () => {
    const session = await create()
    const key = { 'idempotency-key': 'choice-once' }
    const first = await choose(session, 'USDC', key)
    await endQuote(first.body)
    const again = await choose(session, 'USDC', key)
    expect([again.status, again.text]).toEqual([201, first.text])
    expect((await read(session)).payments).toHaveLength(1)
  })
})

describe('paying', () => {
  it('adds up money in two assets, asks for the rest in either, and completes on confirmed money alone', async () => {
    const session = await create()
    const usdc = (await choose(session, 'USDC')).body
    await chain.pay(usdc, '9995000')
    expect(await read(session)).toMatchObject({ amount_paid: '0', amount_pending: '999', amount_due: '1000' })
    // The open payment still asks for exactly what is due.
    expect((await choose(session, 'USDC')).status).toBe(200)
    const eth = (await choose(session, 'ETH')).body
    expect(eth).toMatchObject({ amount: '5000000000000000', quote: { amount: '1000' } })
    await chain.pay(eth, '5000000000000000')
    expect(await read(session)).toMatchObject({ status: 'open', amount_pending: '1999', amount_due: '0' })
    const nothing = await merchant.post(`${PATH}/${session.id}/payments`, { chain: 'anvil', asset: 'ETH' })
    expect([nothing.status, nothing.body.code]).toEqual([409, 'nothing_due'])

    await chain.confirm(usdc)
    expect(await read(session)).toMatchObject({ status: 'open', amount_paid: '999', amount_pending: '1000' })
    await chain.confirm(eth)
    const complete = await read(session)
    expect(complete).toMatchObject({
      status: 'complete',
      amount_paid: '1999',
      amount_due: '0',
      sequence: 2,
      options: [],
    })
    expect(complete.completed_at).not.toBeNull()
    expect(await eventTypes(session)).toEqual(['checkout_session.completed'])
    const closed = await merchant.post(`${PATH}/${session.id}/payments`, { chain: 'anvil', asset: 'ETH' })
    expect([closed.status, closed.body.code]).toEqual([409, 'session_not_open'])
  })

  it('reopens when a reorg takes the money back', async () => {
    const session = await create()
    const payment = (await choose(session, 'USDC')).body
    await chain.pay(payment, '19990000')
    await chain.confirm(payment)
    await chain.reorganize(payment)
    expect(await read(session)).toMatchObject({
      status: 'open',
      amount_paid: '0',
      amount_due: '1999',
      completed_at: null,
    })
    expect(await eventTypes(session)).toEqual(['checkout_session.completed', 'checkout_session.reopened'])
  })
})

describe('ending a session', () => {
  it('expires it at once while it has no payment', async () => {
    const session = await create()
    const ended = await expire(session)
    expect([ended.status, ended.body]).toMatchObject([200, { status: 'expired', options: [], sequence: 2 }])
    expect((await merchant.post(`${PATH}/${session.id}/expire`)).body.code).toBe('session_not_open')
    expect(await eventTypes(session)).toEqual(['checkout_session.expired'])
  })

  it('cancels its open payments, and expires once their chain has been scanned so far', async () => {
    const session = await create()
    const payment = (await choose(session, 'USDC')).body
    expect((await expire(session)).body).toMatchObject({ status: 'open' })
    const refused = await merchant.post(`${PATH}/${session.id}/payments`, { chain: 'anvil', asset: 'ETH' })
    expect([refused.status, refused.body.code]).toEqual([409, 'session_not_open'])
    await chain.mine(later(1_000))
    expect(await read(session)).toMatchObject({ status: 'expired' })
    expect((await merchant.get<PaymentView>(`/api/v1/payments/${payment.id}`)).body.status).toBe('canceled')
  })

  it('is refused once something has been received', async () => {
    const session = await create()
    await chain.pay((await choose(session, 'USDC')).body, '1')
    const { status, body } = await merchant.post(`${PATH}/${session.id}/expire`)
    expect([status, body.code]).toEqual([409, 'already_received'])
  })

  it('never leaves a payment open that was chosen at the same moment', async () => {
    for (let round = 0; round < 8; round++) {
      const session = await create()
      const [chosen, ended] = await Promise.all([choose(session, 'USDC'), expire(session)])
      expect(ended.status).toBe(200)
      expect([201, 409]).toContain(chosen.status)
      const { payments } = await read(session)
      expect(payments).toHaveLength(chosen.status === 201 ? 1 : 0)
      for (const id of payments) {
        const { body } = await merchant.get<PaymentView>(`/api/v1/payments/${id}`)
        expect(body.cancel_requested_at).not.toBeNull()
      }
    }
  })
})

it('shows the history of a session with that of its payments', async () => {
  const session = await create()
  const payment = (await choose(session, 'USDC')).body
  await chain.pay(payment, '9990000')
  const { body } = await merchant.get<{ waiting_for: string; entries: { summary: string; subject: string | null }[] }>(
    `${PATH}/${session.id}/timeline`,
  )
  expect(body.waiting_for).toMatch(/^the remaining 10.00 USD of 19.99 USD until /)
  expect(body.entries.map(({ summary }) => summary)).toEqual([
    'checkout session created as open',
    'created as pending',
    expect.stringContaining('received 9.99 USDC on anvil'),
    'pending → partially_paid',
  ])
  expect(body.entries[1]?.subject).toBe(payment.id)
})

describe('a payment link', () => {
  it('is made, listed, changed and switched off', async () => {
    interface Link {
      readonly id: string
      readonly url: string
      readonly active: boolean
    }
    const links = '/api/v1/payment-links'
    const made = await merchant.post<Link>(links, { name: 'A ticket', price: PRICE, metadata: { event: 'x' } })
    expect([made.status, made.body]).toMatchObject([
      201,
      {
        name: 'A ticket',
        price: { amount_display: '19.99' },
        active: true,
        url: `${api.config.PUBLIC_URL}/pay/${made.body.id}`,
      },
    ])
    const changed = await merchant.patch<Link>(`${links}/${made.body.id}`, { active: false, description: 'For two' })
    expect(changed.body).toMatchObject({ active: false, description: 'For two', name: 'A ticket' })
    expect((await merchant.get(`${links}/${made.body.id}`)).body).toEqual(changed.body)
    const list = await merchant.get<ListBody<Link>>(links)
    expect(list.body.data).toEqual([changed.body])
  })
})

describe('the pages', () => {
  const form = (body: string) => ({
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
    redirect: 'manual' as const,
  })

  it('let a payer choose an asset without a script, and lead to the page of its payment', async () => {
    const session = await create({ line_items: [{ name: '<b>Tea</b>', quantity: 1, unit_amount: '1999' }] })
    const page = await (await fetch(session.url)).text()
    expect(page).toContain('$19.99')
    expect(page).toContain('&#60;b&#62;Tea')
    expect(page).toContain('value="anvil/USDC"')
    const chosen = await fetch(`${session.url}/choose`, form('asset=anvil%2FUSDC'))
    const [payment = ''] = (await read(session)).payments
    expect([chosen.status, chosen.headers.get('location')]).toEqual([303, `../${payment}?lang=en`])
    const next = new URL(chosen.headers.get('location') ?? '', `${session.url}/choose`)
    expect(await (await fetch(next)).text()).toContain(`href="${session.id}?lang=en"`)
  })

  it('open a session for a visitor who presses the button, and none for one who only looks', async () => {
    const { body } = await merchant.post<{ url: string }>('/api/v1/payment-links', { name: 'A ticket', price: PRICE })
    const count = () => api.db.prisma.checkout_sessions.count()
    const before = await count()
    expect(await (await fetch(body.url)).text()).toContain('A ticket')
    expect(await count()).toBe(before)
    const opened = await fetch(body.url, form(''))
    expect(opened.status).toBe(303)
    expect(await count()).toBe(before + 1)
    const url = new URL(opened.headers.get('location') ?? '', body.url)
    expect((await fetch(url)).status).toBe(200)
  })
})

// The last one: it takes the chain's clock past the end of every quote.
it('values money that came after its quote at the rate of its block, once the merchant accepts it under review', async () => {
  const session = await create({ late_policy: 'review' })
  const payment = (await choose(session, 'ETH')).body
  const late = new Date(new Date(payment.expires_at).getTime() + 1_000)
  await chain.pay(payment, '9995000000000000', late)
  await chain.confirm(payment)
  expect(await read(session)).toMatchObject({ amount_paid: '0', amount_due: '1999' })
  const { status } = await merchant.post(`/api/v1/payments/${payment.id}/accept`, { amount: '9995000000000000' })
  expect(status).toBe(200)
  expect(await read(session)).toMatchObject({ status: 'complete', amount_paid: '1999' })
  expect(await eventTypes(session)).toEqual(['checkout_session.completed'])
})

/** As the scanner would have read it from the feed: dollars with 8 decimals. */
async function sayEther(dollars: bigint): Promise<void> {
  const feed = feedsOf(testRates()).find(({ pair }) => pair === 'ETH/USD')
  if (feed === undefined) throw new Error('no feed of ETH/USD')
  const round = { roundId: 1n, answer: dollars * 10n ** 8n, decimals: 8, updatedAt: new Date() }
  const block = { number: 1, hash: hashFromBytes(randomBytes(32)), time: new Date() }
  await transaction(api.db, 'test.rates', (tx) =>
    recordReading(tx, { feed, round, refusal: null, isNew: true }, block, { agreedBy: 1, asked: 1 }),
  )
}

async function endQuote({ id }: PaymentView): Promise<void> {
  await api.db.prisma.payments.update({
    where: { id: idToUuid(id) },
    data: { quote_expires_at: new Date(Date.now() - 1_000) },
  })
}
