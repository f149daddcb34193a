import { type Address, addressFromBytes, addressToBytes } from '@ctrip/domain/address'
import { idFromUuid, type MerchantId, type PaymentId } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'
import { toAddressOrNull } from '../payments/payment-rows'

/** A deposit address, and whose it is. */
export interface Rescuable {
  readonly address: Address
  readonly wallet: string
  readonly addressIndex: number
  readonly paymentId: PaymentId
  readonly merchantId: MerchantId
  readonly paymentAnchor: string
  readonly paymentContract: Address | null
  /** A sweep of this chain holds it, or its last transaction is not settled. */
  readonly isBusy: boolean
}

/** Those of these addresses that are deposit addresses (primary key). */
export async function readRescuable(
  executor: Executor,
  chainId: number,
  addresses: readonly Address[],
): Promise<Rescuable[]> {
  const rows = await executor.$queryRaw<RescuableRow[]>`
    SELECT deposit_addresses.address, wallet, index AS address_index, payments.id AS payment_id, merchant_id,
      trace_anchor AS payment_anchor, asset_contract AS payment_contract,
      EXISTS (SELECT 1 FROM sweep_items
        WHERE sweep_items.chain_id = ${chainId} AND sweep_items.address = deposit_addresses.address AND active)
      OR EXISTS (SELECT 1 FROM sweep_transactions sent WHERE sent.chain_id = ${chainId}
        AND sent.sender = deposit_addresses.address AND sent.status IN ('signed', 'broadcast', 'mined')) AS is_busy
    FROM deposit_addresses JOIN payments ON payments.id = payment_id
    WHERE deposit_addresses.address = ANY(${addresses.map(addressToBytes)}::bytea[]) ORDER BY index`
  return rows.map((row) => ({
    address: addressFromBytes(row.address),
    wallet: row.wallet,
    addressIndex: row.address_index,
    paymentId: idFromUuid('payment', row.payment_id),
    merchantId: idFromUuid('merchant', row.merchant_id),
    paymentAnchor: row.payment_anchor,
    paymentContract: toAddressOrNull(row.payment_contract),
    isBusy: row.is_busy,
  }))
}

interface RescuableRow {
  address: Uint8Array
  wallet: string
  address_index: number
  payment_id: string
  merchant_id: string
  payment_anchor: string
  payment_contract: Uint8Array | null
  is_busy: boolean
}
