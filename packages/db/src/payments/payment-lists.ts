import { type Address, addressToBytes } from '@ctrip/domain/address'
import { idToUuid, type MerchantId, type PaymentId } from '@ctrip/domain/ids'
import type { PaymentStatus } from '@ctrip/domain/payment/payment'
import type { Executor } from '../database/database'
import { type Page, type PageOf, pageOf } from '../database/pages'
import type { PaymentRow } from './payment-rows'
import { type PaymentSubject, withTransfers } from './payments'

/** What a list is narrowed to; null narrows nothing. */
export interface PaymentFilter {
  readonly status: PaymentStatus | null
  readonly chainId: number | null
  /** Symbol, or a token's contract. */
  readonly asset: { readonly symbol: string } | { readonly contract: Address } | null
  readonly reference: string | null
  readonly createdFrom: Date | null
  readonly createdBefore: Date | null
}

/** A merchant's payment; null for another's, as for none. */
export async function findPayment(
  executor: Executor,
  merchantId: MerchantId,
  id: PaymentId,
): Promise<PaymentSubject | null> {
  const rows = await executor.$queryRaw<PaymentRow[]>`
    SELECT * FROM payments WHERE id = ${idToUuid(id)}::uuid AND merchant_id = ${idToUuid(merchantId)}::uuid`
  const [subject] = await withTransfers(executor, rows)
  return subject ?? null
}

/** A merchant's payments, newest first, by the indexes payments_by_merchant or payments_by_reference. */
export async function listPayments(
  executor: Executor,
  merchantId: MerchantId,
  filter: PaymentFilter,
  page: Page<PaymentId>,
): Promise<PageOf<PaymentSubject>> {
  const { asset } = filter
  const symbol = asset !== null && 'symbol' in asset ? asset.symbol : null
  const contract = asset !== null && 'contract' in asset ? addressToBytes(asset.contract) : null
  const startingAfter = page.startingAfter === null ? null : idToUuid(page.startingAfter)
  const rows = await executor.$queryRaw<PaymentRow[]>`
      SELECT * FROM payments
      WHERE merchant_id = ${idToUuid(merchantId)}::uuid
        AND (${startingAfter}::uuid IS NULL OR id < ${startingAfter}::uuid)
        AND (${filter.status}::text IS NULL OR status = ${filter.status})
        AND (${filter.chainId}::bigint IS NULL OR chain_id = ${filter.chainId})
        AND (${symbol}::text IS NULL OR asset_symbol = ${symbol})
        AND (${contract}::bytea IS NULL OR asset_contract = ${contract})
        AND (${filter.reference}::text IS NULL OR reference = ${filter.reference})
        AND (${filter.createdFrom}::timestamptz IS NULL OR created_at >= ${filter.createdFrom})
        AND (${filter.createdBefore}::timestamptz IS NULL OR created_at < ${filter.createdBefore})
      ORDER BY id DESC LIMIT ${page.limit + 1}`
  const { items, hasMore } = pageOf(rows, page)
  return { items: await withTransfers(executor, items), hasMore }
}
