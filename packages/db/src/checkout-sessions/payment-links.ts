import type { AcceptedAsset, Price } from '@ctrip/domain/checkout-session/session'
import { idFromUuid, idToUuid, type MerchantId, type PaymentLinkId } from '@ctrip/domain/ids'
import { z } from 'zod'
import type { Executor } from '../database/database'
import { type Page, type PageOf, pageOf } from '../database/pages'
import type { payment_links as LinkRow } from '../generated/prisma/client'
import { toAmount } from '../payments/payment-rows'
import { acceptJson } from './session-rows'

/** A page on which each visitor opens a checkout session of its own, at these terms. */
export interface PaymentLink {
  readonly id: PaymentLinkId
  readonly merchantId: MerchantId
  readonly name: string
  readonly description: string | null
  readonly price: Price
  readonly accept: readonly AcceptedAsset[] | null
  readonly successUrl: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly active: boolean
  readonly createdAt: Date
}

const acceptSchema = z.array(z.object({ chain: z.string(), asset: z.string() })).nullable()
const metadataSchema = z.record(z.string(), z.string())

export async function insertPaymentLink(tx: Executor, link: PaymentLink): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO payment_links (id, merchant_id, name, description, currency, price, accept, success_url, metadata, active, created_at)
    VALUES (${idToUuid(link.id)}::uuid, ${idToUuid(link.merchantId)}::uuid, ${link.name}, ${link.description}, ${link.price.currency},
      ${link.price.amount.toString()}::numeric, ${acceptJson(link.accept)}::jsonb, ${link.successUrl},
      ${JSON.stringify(link.metadata)}::jsonb, ${link.active}, ${link.createdAt})`
}

/** Changes a link for the sessions that it opens from now on. */
export async function savePaymentLink(tx: Executor, link: PaymentLink): Promise<void> {
  await tx.$executeRaw`
    UPDATE payment_links SET name = ${link.name}, description = ${link.description}, currency = ${link.price.currency},
      price = ${link.price.amount.toString()}::numeric, accept = ${acceptJson(link.accept)}::jsonb, success_url = ${link.successUrl},
      metadata = ${JSON.stringify(link.metadata)}::jsonb, active = ${link.active}, updated_at = clock_timestamp()
    WHERE id = ${idToUuid(link.id)}::uuid AND merchant_id = ${idToUuid(link.merchantId)}::uuid`
}

/** A merchant's link; null for another's, as for none. */
export async function findPaymentLink(
  executor: Executor,
  merchantId: MerchantId,
  id: PaymentLinkId,
): Promise<PaymentLink | null> {
  const row = await executor.payment_links.findFirst({
    where: { id: idToUuid(id), merchant_id: idToUuid(merchantId) },
  })
  return row === null ? null : toLink(row)
}

/** Any merchant's link, for the page that visitors open. */
export async function readPaymentLink(executor: Executor, id: PaymentLinkId): Promise<PaymentLink | null> {
  const row = await executor.payment_links.findUnique({ where: { id: idToUuid(id) } })
  return row === null ? null : toLink(row)
}

/** A merchant's links, newest first, by the index payment_links_by_merchant. */
export async function listPaymentLinks(
  executor: Executor,
  merchantId: MerchantId,
  page: Page<PaymentLinkId>,
): Promise<PageOf<PaymentLink>> {
  const rows = await executor.payment_links.findMany({
    where: {
      merchant_id: idToUuid(merchantId),
      ...(page.startingAfter === null ? {} : { id: { lt: idToUuid(page.startingAfter) } }),
    },
    orderBy: { id: 'desc' },
    take: page.limit + 1,
  })
  return pageOf(rows.map(toLink), page)
}

function toLink(row: LinkRow): PaymentLink {
  return {
    id: idFromUuid('paymentLink', row.id),
    merchantId: idFromUuid('merchant', row.merchant_id),
    name: row.name,
    description: row.description,
    price: { amount: toAmount(row.price), currency: row.currency },
    accept: acceptSchema.parse(row.accept),
    successUrl: row.success_url,
    metadata: metadataSchema.parse(row.metadata),
    active: row.active,
    createdAt: row.created_at,
  }
}
