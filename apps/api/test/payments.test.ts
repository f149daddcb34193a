import type { PaymentView } from '@ctrip/domain/payment/view'
import type { ApiClient } from './support/api-client'
import { startTestApi, type TestApi } from './support/test-api'

let api: TestApi
let merchant: ApiClient & { id: string }

beforeAll(async () => {
  api = await startTestApi()
  merchant = await api.newMerchant()
}, 60_000)

afterAll(() => api?.close())

const ORDER = { chain: 'anvil', asset: 'USDC', amount: '1500000' }

test('makes a payment with an address of its own', async () => {
  const { status, body } = await merchant.post<PaymentView>('/api/v1/payments', { ...ORDER, metadata: { order: '17' } })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    object: 'payment',
    status: 'pending',
    chain: 'anvil',
    chain_id: 31337,
    amount: '1500000',
    amount_display: '1.5',
    amount_received: '0',
    confirmations: 0,
    confirmations_required: 3,
    metadata: { order: '17' },
    reference: null,
    sequence: 1,
    checkout_url: `${api.url}/checkout/${body.id}`,
  })
  expect(body.payment_uri).toBe(
    `ethereum:${body.asset.contract}@31337/transfer?address=${body.address}&uint256=1500000`,
  )
  const read = await merchant.get<PaymentView>(`/api/v1/payments/${body.id}`)
  expect(read.body).toEqual(body)
})
