import { idToUuid } from '@ctrip/domain/ids'
import type { PaymentView } from '@ctrip/domain/payment/view'
import { type ChainWriter, startTestChain } from './support/chain-writer'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

interface Timeline {
  readonly waiting_for: string | null
  readonly entries: { kind: string; summary: string; actor: string }[]
}

let api: TestApi
let merchant: MerchantClient
let chain: ChainWriter

beforeAll(async () => {
  api = await startTestApi()
  merchant = await api.newMerchant()
  chain = await startTestChain(api.db)
}, 60_000)
afterAll(() => api?.close())

const HOUR_MS = 3_600_000

async function create(changes: object = {}): Promise<PaymentView> {
  const order = { chain: 'anvil', asset: 'USDC', amount: '1500000', metadata: { cart: 'c1' }, ...changes }
  return (await merchant.post<PaymentView>('/api/v1/payments', order)).body
}

const read = async ({ id }: PaymentView) => (await merchant.get<PaymentView>(`/api/v1/payments/${id}`)).body
const accept = ({ id }: PaymentView, amount: string) =>
  merchant.post<PaymentView>(`/api/v1/payments/${id}/accept`, { amount })
const update = ({ id }: PaymentView, changes: object) => merchant.patch<PaymentView>(`/api/v1/payments/${id}`, changes)
const timelineOf = async ({ id }: PaymentView) => (await merchant.get<Timeline>(`/api/v1/payments/${id}/timeline`)).body
const later = (ms: number) => new Date(Date.now() + ms)

describe('accepting', () => {
  it('an underpayment needs the amount that is there, and is told everywhere', async () => {
    const payment = await create()
    await chain.pay(payment, '1400000')
    const wrong = await accept(payment, '1500000')
    expect([wrong.status, wrong.body]).toMatchObject([
      409,
      { code: 'amount_changed', detail: expect.stringContaining('1400000') as string },
    ])
    const { status, body } = await accept(payment, '1400000')
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'detected', amount_accepted: '1400000', amount_remaining: '0' })
    expect((await accept(payment, '1400000')).body).toEqual(body)

    const requests = (await timelineOf(payment)).entries.filter(({ kind }) => kind === 'request')
    expect(requests).toMatchObject([
      { summary: 'the merchant accepted 1.4 USDC', actor: expect.stringMatching(/^key_/) as string },
    ])
    const events = await api.db.prisma.events.findMany({ where: { payment_id: idToUuid(payment.id) } })
    expect(JSON.parse(events.find(({ type }) => type === 'payment.detected')?.body ?? '')).toMatchObject({
      data: { payment: { amount_accepted: '1400000' } },
    })
    const audited = await api.db.prisma.audit_log.findMany({ where: { target: payment.id }, orderBy: { id: 'asc' } })
    expect(audited.map(({ action, detail }) => [action, detail])).toEqual(
      [
        [409, '1500000'],
        [200, '1400000'],
        [200, '1400000'],
      ].map(([answer, amount]) => [
        'POST /api/v1/payments/:id/accept',
        { status: answer, merchant_id: merchant.id, body: { amount } },
      ]),
    )
  })

  it('money at a canceled payment carries it on', async () => {
    const payment = await create()
    await merchant.post(`/api/v1/payments/${payment.id}/cancel`)
    await chain.mine(later(1_000))
    await chain.pay(payment, '1500000', later(2_000))
    expect(await read(payment)).toMatchObject({ status: 'canceled', amount_received: '1500000' })
    expect((await timelineOf(payment)).waiting_for).toBe(
      'the merchant to accept the 1.5 USDC received, or to refund it',
    )
    expect((await accept(payment, '1500000')).body.status).toBe('detected')
  })

  it('money in another asset is refused with the reason', async () => {
    const payment = await create()
    const other = { ...payment, asset: { ...payment.asset, symbol: 'ETH', contract: null } }
    await chain.pay(other, '1500000', later(HOUR_MS))
    await chain.mine(later(HOUR_MS))
    const { status, body } = await accept(payment, '1500000')
    expect([status, body]).toMatchObject([409, { code: 'value_unknown' }])
  })
})

describe('a cancellation', () => {
  it('gives way to money of a block before it that is seen after it', async () => {
    const payment = await create()
    await merchant.post(`/api/v1/payments/${payment.id}/cancel`)
    await chain.pay(payment, '1500000', later(-2_000))
    await chain.mine(later(5_000))
    expect(await read(payment)).toMatchObject({
      status: 'detected',
      cancel_requested_at: expect.stringMatching(/^2/) as string,
    })
  })
})

describe('updating', () => {
  it('moves the expiry, to a later time within seven days, while the payment is open', async () => {
    const payment = await create()
    const until = new Date(Date.parse(payment.expires_at) + HOUR_MS).toISOString()
    expect((await update(payment, { expires_at: until })).body.expires_at).toBe(until)
    await chain.mine(new Date(Date.parse(payment.expires_at) + 1_000))
    expect((await read(payment)).status).toBe('pending')
    const refused = await update(payment, { expires_at: payment.expires_at })
    expect([refused.status, refused.body]).toMatchObject([409, { code: 'not_extendable' }])
    for (const at of [later(-1_000), later(8 * 24 * HOUR_MS)])
      expect((await update(payment, { expires_at: at.toISOString() })).status).toBe(422)
    expect((await timelineOf(payment)).entries.map(({ summary }) => summary)).toContain(
      `the merchant moved the expiry to ${until}`,
    )
  })

  it('sets the keys of metadata that are given, and removes those that are empty', async () => {
    const payment = await create({ reference: 'order-7' })
    const { body } = await update(payment, { metadata: { cart: '', buyer: 'b2' } })
    expect(body).toMatchObject({ metadata: { buyer: 'b2' }, reference: 'order-7' })
    expect(body.metadata).not.toHaveProperty('cart')
    expect((await update(payment, { reference: null })).body.reference).toBeNull()
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key${n}`, 'v']))
    expect((await update(payment, { metadata: many })).status).toBe(422)
  })

  it('changes nothing of what is refused in part', async () => {
    const payment = await create()
    const { status } = await update(payment, { reference: 'new', expires_at: payment.created_at })
    expect([status, (await read(payment)).reference]).toEqual([422, null])
  })

  it('is for the merchant of the payment alone', async () => {
    const other = await api.newMerchant()
    const { status } = await other.patch(`/api/v1/payments/${(await create()).id}`, { reference: 'mine' })
    expect(status).toBe(404)
  })
})
