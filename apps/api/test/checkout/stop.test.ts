import type { PaymentView } from '@ctrip/domain/payment/view'
import { readStream } from '../support/event-stream'
import { startTestApi } from '../support/test-api'

test('an open stream does not hold up a stop', async () => {
  const api = await startTestApi()
  const merchant = await api.newMerchant()
  const { body } = await merchant.post<PaymentView>('/api/v1/payments', { chain: 'anvil', asset: 'ETH', amount: '1' })
  await readStream(`${api.url}/checkout/${body.id}/events`)
  const startedAt = Date.now()
  await api.close()
  expect(Date.now() - startedAt).toBeLessThan(5_000)
})
