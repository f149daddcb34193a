import { type Address, addressToBytes } from '@ctrip/domain/address'
import { idToUuid, type MerchantId, type PaymentId } from '@ctrip/domain/ids'
import type { PaymentStatus } from '@ctrip/domain/payment/payment'
import type { Executor } from '../database/database'
import { type IndexKey, idRange, inKeyRange } from '../database/key-range'
import { type Page, type PageOf, pageOf } from '../database/pages'
import { Prisma } from '../generated/prisma/client'
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

/**
 * A merchant's payments, newest first. Each filter has an index (payments_listed_by_reference, _by_status, _by_asset, payments_listed); of
 * several, one chooses the index and the others are compared on the merchant's own rows.
 */
export async function listPayments(
  executor: Executor,
  merchantId: MerchantId,
  filter: PaymentFilter,
  page: Page<PaymentId>,
): Promise<PageOf<PaymentSubject>> {
  const statement = statementFor(Prisma.sql`${idToUuid(merchantId)}::uuid`, filter, page)
  const { items, hasMore } = pageOf(await executor.$queryRaw<PaymentRow[]>(statement), page)
  return { items: await withTransfers(executor, items), hasMore }
}

const ID = Prisma.sql`id`

function statementFor(merchant: Prisma.Sql, filter: PaymentFilter, page: Page<PaymentId>): Prisma.Sql {
  const { status, chainId, reference, contract, symbol } = { ...filter, ...partsOf(filter.asset) }
  const range = idRange({ startingAfter: page.startingAfter, ...filter })
  /** `rest`: the filter without the part that the key is: named as a constant as well, it would not decide the index. */
  const rows = (key: IndexKey, rest: Partial<PaymentFilter>, and = Prisma.empty) => Prisma.sql`
    SELECT * FROM payments
    WHERE ${inKeyRange([[Prisma.sql`merchant_id`, merchant], ...key], ID, range, Prisma.sql`${narrowedBy({ ...filter, ...rest })} ${and}`)}
    LIMIT ${page.limit + 1}`
  if (reference !== null)
    return rows(
      [[Prisma.sql`reference`, Prisma.sql`${reference}`]],
      { reference: null },
      Prisma.sql`AND reference IS NOT NULL`,
    )
  if (status !== null) return rows([[Prisma.sql`status`, Prisma.sql`${status}`]], { status: null })
  if (contract !== null)
    return rows(
      [[Prisma.sql`asset_contract`, Prisma.sql`${contract}`]],
      { asset: null },
      Prisma.sql`AND asset_contract IS NOT NULL`,
    )
  if (chainId === null && symbol === null) return rows([], {})
  // The assets that the merchant has ever asked for, jumping from one to the next in the index; then the newest rows of each.
  const next = (after: Prisma.Sql) => Prisma.sql`
    SELECT payments.chain_id, payments.asset_symbol FROM payments WHERE merchant_id = ${merchant} ${after}
    ORDER BY payments.chain_id, payments.asset_symbol LIMIT 1`
  const ofAsset = rows(
    [
      [Prisma.sql`payments.chain_id`, Prisma.sql`held.chain_id`],
      [Prisma.sql`payments.asset_symbol`, Prisma.sql`held.asset_symbol`],
    ],
    { chainId: null, asset: null },
  )
  return Prisma.sql`
    WITH RECURSIVE held AS (
      (${next(Prisma.empty)})
      UNION ALL
      SELECT following.* FROM held, LATERAL (
        ${next(Prisma.sql`AND (payments.chain_id, payments.asset_symbol) > (held.chain_id, held.asset_symbol)`)}) following
    )
    SELECT found.* FROM held, LATERAL (${ofAsset}) found
    WHERE ${chainId === null ? Prisma.sql`true` : Prisma.sql`held.chain_id = ${chainId}`}
      AND ${symbol === null ? Prisma.sql`true` : Prisma.sql`held.asset_symbol = ${symbol}`}
    ORDER BY id DESC LIMIT ${page.limit + 1}`
}

function partsOf(asset: PaymentFilter['asset']) {
  return {
    symbol: asset !== null && 'symbol' in asset ? asset.symbol : null,
    contract: asset !== null && 'contract' in asset ? addressToBytes(asset.contract) : null,
  }
}

function narrowedBy({ status, chainId, asset, reference, createdFrom, createdBefore }: PaymentFilter): Prisma.Sql {
  const { symbol, contract } = partsOf(asset)
  const conditions = [
    status === null ? null : Prisma.sql`status = ${status}`,
    chainId === null ? null : Prisma.sql`chain_id = ${chainId}`,
    symbol === null ? null : Prisma.sql`asset_symbol = ${symbol}`,
    contract === null ? null : Prisma.sql`asset_contract = ${contract}`,
    reference === null ? null : Prisma.sql`reference = ${reference}`,
    // Ids carry the time at which they were made, which is the payment's but for those that a restore makes.
    createdFrom === null ? null : Prisma.sql`created_at >= ${createdFrom}`,
    createdBefore === null ? null : Prisma.sql`created_at < ${createdBefore}`,
  ].filter((condition) => condition !== null)
  return conditions.length === 0 ? Prisma.empty : Prisma.sql`AND ${Prisma.join(conditions, ' AND ')}`
}
