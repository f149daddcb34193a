import { type Payment, paymentSchema, type Timeline, timelineSchema } from './api-schemas'
import { adminApi, connectionOf, merchantApi } from './connection'
import { publicId } from './public-id'

export interface PaymentReader {
  payment(id: string): Promise<Payment>
  timeline(id: string): Promise<Timeline>
}

/**
 * Payments as who asks may see them: the operator any, a merchant its own. `--api-key` asks as the merchant; otherwise an admin
 * key does before CTRIP_API_KEY, which sees less, and on a local stack the operator asks.
 */
export function paymentReader(options: unknown): PaymentReader {
  const { merchantKey, adminKey, merchantAsked } = connectionOf(options)
  const asMerchant = merchantAsked || (adminKey === undefined && merchantKey !== undefined)
  const api = asMerchant ? merchantApi(options) : adminApi(options)
  const payments = asMerchant ? '/payments' : '/admin/payments'
  const pathOf = (id: string): string => `${payments}/${encodeURIComponent(publicId('payment', id))}`
  return {
    payment: (id) => api.get(pathOf(id), paymentSchema),
    timeline: (id) => api.get(`${pathOf(id)}/timeline`, timelineSchema),
  }
}
