import { idFromUuid, idToUuid, type MerchantId, newId } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'
import { type Page, type PageOf, pageOf } from '../database/pages'
import type { merchants as MerchantRow } from '../generated/prisma/client'

export interface Merchant {
  readonly id: MerchantId
  readonly name: string
  readonly createdAt: Date
  readonly quotas: QuotaOverrides
}

/** Limits of one merchant's own; null: as the API is configured. */
export interface QuotaOverrides {
  readonly openPayments: number | null
  readonly paymentsPerDay: number | null
}

export interface MerchantChanges {
  readonly name?: string | undefined
  readonly openPayments?: number | null | undefined
  readonly paymentsPerDay?: number | null | undefined
}

export async function createMerchant(tx: Executor, name: string): Promise<Merchant> {
  return toMerchant(await tx.merchants.create({ data: { id: idToUuid(newId('merchant')), name } }))
}

export async function findMerchant(executor: Executor, id: MerchantId): Promise<Merchant | null> {
  const row = await executor.merchants.findUnique({ where: { id: idToUuid(id) } })
  return row === null ? null : toMerchant(row)
}

/** Null if there is no such merchant. A change that is undefined leaves what is there. */
export async function updateMerchant(tx: Executor, id: MerchantId, changes: MerchantChanges): Promise<Merchant | null> {
  const { name, openPayments, paymentsPerDay } = changes
  const rows = await tx.merchants.updateManyAndReturn({
    where: { id: idToUuid(id) },
    data: {
      ...(name !== undefined && { name }),
      ...(openPayments !== undefined && { max_open_payments: openPayments }),
      ...(paymentsPerDay !== undefined && { max_payments_per_day: paymentsPerDay }),
    },
  })
  const [row] = rows
  return row === undefined ? null : toMerchant(row)
}

/** Newest first, by the primary key. */
export async function listMerchants(executor: Executor, page: Page<MerchantId>): Promise<PageOf<Merchant>> {
  const rows = await executor.merchants.findMany({
    where: page.startingAfter === null ? {} : { id: { lt: idToUuid(page.startingAfter) } },
    orderBy: { id: 'desc' },
    take: page.limit + 1,
  })
  return pageOf(rows.map(toMerchant), page)
}

function toMerchant(row: MerchantRow): Merchant {
  return {
    id: idFromUuid('merchant', row.id),
    name: row.name,
    createdAt: row.created_at,
    quotas: { openPayments: row.max_open_payments, paymentsPerDay: row.max_payments_per_day },
  }
}
