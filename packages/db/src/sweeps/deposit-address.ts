import { type Address, addressFromBytes } from '@ctrip/domain/address'
import { BRANCH_SIZE } from '@ctrip/domain/deposit-path'
import { idFromUuid, type MerchantId, type PaymentId } from '@ctrip/domain/ids'
import { Prisma } from '../generated/prisma/client'
import { toAddressOrNull } from '../payments/payment-rows'

/** A deposit address: which key signs for it, and whose it is. */
export interface DepositAddress {
  readonly address: Address
  readonly wallet: string
  readonly addressIndex: number
  readonly paymentId: PaymentId
  readonly merchantId: MerchantId
  readonly paymentAnchor: string
  /** What the payment asked for, which is not always what came; null is native coin. */
  readonly paymentContract: Address | null
}

export interface DepositAddressRow {
  address: Uint8Array
  wallet: string
  address_index: number
  payment_id: string
  merchant_id: string
  payment_anchor: string
  payment_contract: Uint8Array | null
}

/** The number that the address was issued as, of its branch and index (`depositPath` is the inverse). */
export const ADDRESS_NUMBER = Prisma.sql`(deposit_addresses.branch * ${BRANCH_SIZE}::float8 + deposit_addresses.index)`

/** Of `deposit_addresses JOIN payments`. */
export const DEPOSIT_ADDRESS_COLUMNS = Prisma.sql`
  deposit_addresses.address, wallet, ${ADDRESS_NUMBER} AS address_index, payments.id AS payment_id, merchant_id,
  trace_anchor AS payment_anchor, payments.asset_contract AS payment_contract`

export function toDepositAddress(row: DepositAddressRow): DepositAddress {
  return {
    address: addressFromBytes(row.address),
    wallet: row.wallet,
    addressIndex: row.address_index,
    paymentId: idFromUuid('payment', row.payment_id),
    merchantId: idFromUuid('merchant', row.merchant_id),
    paymentAnchor: row.payment_anchor,
    paymentContract: toAddressOrNull(row.payment_contract),
  }
}
