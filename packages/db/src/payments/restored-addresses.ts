import { depositPath } from '@ctrip/domain/deposit-path'
import { idFromUuid, type MerchantId } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import type { Database, Executor } from '../database/database'
import { transaction } from '../database/transaction'
import { ADDRESS_NUMBER } from '../sweeps/deposit-address'
import { insertPayment } from './new-payments'

/** Whose the payments are that stand for lost ones: always the same, so that a second restore adds no other. */
const RESTORED_MERCHANT = '00000000-0000-7000-8000-000000000001'
const WRITTEN_AT_ONCE = 100

/** The index that the sequence gives next. */
export async function readNextAddressIndex(executor: Executor): Promise<number> {
  const rows = await executor.$queryRaw<{ next: number }[]>`
    SELECT (last_value + is_called::int)::float8 AS next FROM address_index`
  return rows[0]?.next ?? 0
}

/** Returns the wallet's indexes in this range that have an address (deposit_addresses_by_path). */
export async function readAssignedIndexes(
  executor: Executor,
  wallet: string,
  range: { readonly from: number; readonly below: number },
): Promise<Set<number>> {
  const [from, below] = [depositPath(range.from), depositPath(range.below)]
  const rows = await executor.$queryRaw<{ index: number }[]>`
    SELECT ${ADDRESS_NUMBER} AS index FROM deposit_addresses
    WHERE wallet = ${wallet} AND (branch, index) >= (${from.branch}, ${from.index}) AND (branch, index) < (${below.branch}, ${below.index})`
  return new Set(rows.map(({ index }) => index))
}

/** Never back: what may have been given out is not given out again. */
export async function moveAddressSequence(executor: Executor, nextIndex: number): Promise<void> {
  await executor.$executeRaw`
    SELECT setval('address_index', greatest(${nextIndex}::bigint, last_value + is_called::int), false) FROM address_index`
}

export async function ensureRestoredMerchant(executor: Executor): Promise<MerchantId> {
  await executor.$executeRaw`
    INSERT INTO merchants (id, name) VALUES (${RESTORED_MERCHANT}::uuid, 'Addresses lost in a restore') ON CONFLICT DO NOTHING`
  return idFromUuid('merchant', RESTORED_MERCHANT)
}

/** Writes payments that stand for lost ones, some at once; broken off, the next run writes the rest. */
export async function insertRestoredPayments(
  db: Database,
  wallet: string,
  restored: readonly { readonly payment: Payment; readonly index: number }[],
): Promise<void> {
  for (let at = 0; at < restored.length; at += WRITTEN_AT_ONCE) {
    await transaction(db, 'restore.addresses', async (tx) => {
      for (const { payment, index } of restored.slice(at, at + WRITTEN_AT_ONCE))
        await insertPayment(tx, payment, { wallet, index }, 'ctrip restore')
    })
  }
}
