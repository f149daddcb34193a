import type { MerchantId } from '@ctrip/domain/ids'
import { type ApiClient, apiClient } from './api-client'

export type MerchantClient = ApiClient & { readonly id: MerchantId; readonly key: string }

/** A merchant of its own, with a key. */
export async function newMerchant(url: string, admin: ApiClient): Promise<MerchantClient> {
  const merchant = await admin.post<{ id: MerchantId }>('/api/v1/admin/merchants', { name: 'Shop' })
  const { id } = merchant.body
  const { body } = await admin.post<{ key: string }>(`/api/v1/admin/merchants/${id}/api-keys`, {})
  return { ...apiClient(url, body.key), id, key: body.key }
}
