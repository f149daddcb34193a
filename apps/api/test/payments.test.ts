import { depositAddress, parseAccountXpub } from '@ctrip/chain/addresses'
import { savePublicUrl } from '@ctrip/db/payments/public-url'
import { toChecksum } from '@ctrip/domain/address'
import { AMOUNT_MAX } from '@ctrip/domain/amount'
import { idToUuid, type PaymentId } from '@ctrip/domain/ids'
import type { PaymentView } from '@ctrip/domain/payment/view'
import type { ListBody } from './support/api-client'
import { TEST_XPUB, USDC } from './support/fixtures'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

const ORDER = { chain: 'anvil', asset: 'USDC', amount: '1500000' }

let api: TestApi
let merchant: MerchantClient

beforeAll(async () => {
  api = await startTestApi()
  merchant = await api.newMerchant()
}, 60_000)

afterAll(() => api?.close())

async function create(changes: object = {}): Promise<PaymentView> {
  const { status, body } = await merchant.post<PaymentView>('/api/v1/payments', { ...ORDER, ...changes })
  expect(status).toBe(201)
  return body
}

async function list(query: string): Promise<ListBody<PaymentView>> {
  const { status, body } = await merchant.get<ListBody<PaymentView>>(`/api/v1/payments${query}`)
  expect(status).toBe(200)
  return body
}

describe('a new payment', () => {
  it('has an address of its own, and says all that a payer needs', async () => {
    const payment = await create({ metadata: { order: '17' }, reference: 'A-17' })
    expect(payment).toMatchObject({
      object: 'payment',
      status: 'pending',
      flags: [],
      chain: 'anvil',
      chain_id: 31337,
      asset: { symbol: 'USDC', contract: USDC, decimals: 6, caip19: `eip155:31337/erc20:${USDC}` },
      amount: '1500000',
      amount_display: '1.5',
      amount_received: '0',
      amount_confirmed: '0',
      confirmations: 0,
      confirmations_required: 3,
      metadata: { order: '17' },
      reference: 'A-17',
      transfers: [],
      sequence: 1,
      checkout_url: `${api.url}/checkout/${payment.id}`,
      payment_uri: `ethereum:${USDC}@31337/transfer?address=${payment.address}&uint256=1500000`,
    })
    const other = await create()
    expect(other.address).not.toBe(payment.address)
    expect((await merchant.get<PaymentView>(`/api/v1/payments/${payment.id}`)).body).toEqual(payment)
  })

  it('has the address that its index yields from the xpub', async () => {
    const payment = await create()
    const row = await api.db.prisma.deposit_addresses.findUniqueOrThrow({ where: { payment_id: idToUuid(payment.id) } })
    const parsed = parseAccountXpub(TEST_XPUB)
    expect(parsed.ok && toChecksum(depositAddress(parsed.xpub, row.index))).toBe(payment.address)
  })

  it('is told by one event, which is the same payment', async () => {
    const payment = await create()
    const events = await api.db.prisma.events.findMany({ where: { payment_id: idToUuid(payment.id) } })
    expect(
      events.map(({ type, sequence, body }) => ({
        type,
        sequence,
        data: (JSON.parse(body) as { data: unknown }).data,
      })),
    ).toEqual([{ type: 'payment.created', sequence: 1, data: { payment } }])
  })

  it.each([
    ['WHOLE', '7', '7'],
    ['USDC', '1', '0.000001'],
    ['ETH', '1000000000000000001', '1.000000000000000001'],
    ['FINE', '10', '0.00000000000000000000000000000000001'],
    ['ETH', AMOUNT_MAX.toString(), '115792089237316195423570985008687907853269984665640564039457.584007913129639935'],
  ])('in %s of %s base units displays %s', async (asset, amount, display) => {
    const payment = await create({ asset, amount })
    expect(payment).toMatchObject({ amount, amount_display: display })
    expect((await merchant.get<PaymentView>(`/api/v1/payments/${payment.id}`)).body.amount).toBe(amount)
  })

  it.each([
    ['chain id as a number', { chain: 31337 }],
    ['chain id as text', { chain: '31337' }],
    ['symbol in another case', { asset: 'usdc' }],
    ['contract with its checksum', { asset: USDC }],
    ['contract in lower case', { asset: USDC.toLowerCase() }],
  ])('takes the %s', async (_what, changes) => {
    expect(await create(changes)).toMatchObject({ chain: 'anvil', asset: { symbol: 'USDC' } })
  })

  it('asks for as many confirmations as its amount and chain do', async () => {
    expect(await create({ amount: '999999999' })).toMatchObject({ confirmations_required: 3 })
    expect(await create({ amount: '1000000000' })).toMatchObject({ confirmations_required: 12 })
    expect(await create({ chain: 'tagged', asset: 'ETH' })).toMatchObject({ confirmations_required: null })
  })

  it('expires after 30 minutes, or when it was told to', async () => {
    const seconds = ({ created_at, expires_at }: PaymentView) =>
      (Date.parse(expires_at) - Date.parse(created_at)) / 1000
    expect(seconds(await create())).toBe(1800)
    expect(seconds(await create({ expires_in: 60 }))).toBe(60)
    expect(seconds(await create({ expires_in: 604_800 }))).toBe(604_800)
  })

  it('keeps as much metadata as is allowed, in any script', async () => {
    const keys = Array.from({ length: 50 }, (_, n) => `ключ ${n + 10} ${'🙂'.repeat(16)}`)
    const metadata = Object.fromEntries(keys.map((key) => [key, 'ü'.repeat(500)]))
    expect((await create({ metadata })).metadata).toEqual(metadata)
  })
})

describe('reading a payment', () => {
  it('answers 304 to whoever has it already', async () => {
    const payment = await create()
    const first = await merchant.get(`/api/v1/payments/${payment.id}`)
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w-]+"$/)
    const again = await merchant.get(`/api/v1/payments/${payment.id}`, { 'if-none-match': etag })
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag])
    await merchant.post(`/api/v1/payments/${payment.id}/cancel`)
    expect((await merchant.get(`/api/v1/payments/${payment.id}`, { 'if-none-match': etag })).status).toBe(200)
  })
})

describe('canceling', () => {
  it('is asked for, and waits for the chain', async () => {
    const payment = await create()
    const asked = await merchant.post<PaymentView>(`/api/v1/payments/${payment.id}/cancel`)
    expect([asked.status, asked.body.status]).toEqual([202, 'pending'])
    expect(asked.body.cancel_requested_at).not.toBeNull()
    const again = await merchant.post<PaymentView>(`/api/v1/payments/${payment.id}/cancel`)
    expect([again.status, again.body]).toEqual([202, asked.body])
  })

  it('is one request when it is asked for many times at once', async () => {
    const { id } = await create()
    const cancel = () => merchant.post<PaymentView>(`/api/v1/payments/${id}/cancel`)
    const answers = await Promise.all(Array.from({ length: 12 }, cancel))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.cancel_requested_at}`)).size).toBe(1)
    expect(await api.db.prisma.payment_requests.count({ where: { payment_id: idToUuid(id) } })).toBe(1)
  })
})

it('refuses to accept money where there is none', async () => {
  const { id } = await create({ late_policy: 'review' })
  const { status, body } = await merchant.post(`/api/v1/payments/${id}/accept`, { amount: '1' })
  expect([status, body.code]).toEqual([409, 'nothing_to_accept'])
})

it('tells of the page where payers reach the API now, not where they did when the payment was made', async () => {
  const { id } = await create()
  await savePublicUrl(api.db.prisma, 'https://pay.shop.example')
  const moved = (await merchant.get<PaymentView>(`/api/v1/payments/${id}`)).body.checkout_url
  await savePublicUrl(api.db.prisma, api.url)
  expect(moved).toBe(`https://pay.shop.example/checkout/${id}`)
})

it.each([
  ['https://shop.example/thanks?order=7', 201],
  ['http://localhost:8080/thanks', 201],
  ['http://127.0.0.1/thanks', 201],
  ['http://shop.example/thanks', 422],
  ['javascript:alert(1)', 422],
  ['https://user:secret@shop.example/', 422],
])('leads payers back to %s: %s', async (url, expected) => {
  const { status, body } = await merchant.post<PaymentView>('/api/v1/payments', {
    ...ORDER,
    success_url: url,
    cancel_url: url,
  })
  expect(status).toBe(expected)
  if (status === 201) expect([body.success_url, body.cancel_url]).toEqual([url, url])
})

describe('the list', () => {
  it('pages through everything once while payments arrive', async () => {
    const shop = await api.newMerchant()
    const make = async () => (await shop.post<PaymentView>('/api/v1/payments', ORDER)).body.id
    const before: PaymentId[] = []
    for (let n = 0; n < 25; n++) before.push(await make())
    const seen: PaymentId[] = []
    let after = ''
    for (let more = true; more; ) {
      const page = (await shop.get<ListBody<PaymentView>>(`/api/v1/payments?limit=7${after}`)).body
      seen.push(...page.data.map(({ id }) => id))
      after = `&starting_after=${seen.at(-1)}`
      more = page.has_more
      await Promise.all([make(), make(), make()])
    }
    expect(seen).toEqual(before.toReversed())
  })

  it('is narrowed by what it is asked for', async () => {
    const one = await create({ reference: 'only-this', asset: 'ETH' })
    const ids = async (query: string) => (await list(query)).data.map(({ id }) => id)
    expect(await ids('?reference=only-this')).toEqual([one.id])
    expect(await ids('?reference=only-this&asset=ETH&chain=31337&status=pending')).toEqual([one.id])
    expect(await ids(`?reference=only-this&asset=${USDC}`)).toEqual([])
    expect(await ids('?reference=only-this&status=settled')).toEqual([])
    expect(await ids('?reference=only-this&chain=tagged')).toEqual([])
    expect(await ids(`?reference=only-this&created_gte=${one.created_at}`)).toEqual([one.id])
    expect(await ids(`?reference=only-this&created_lt=${one.created_at}`)).toEqual([])
    expect(await ids('?reference=only-this&created_gte=2026-01-01T00:00:00%2B02:00')).toEqual([one.id])
  })
})
