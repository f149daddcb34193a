import { type Address, addressToBytes } from '@ctrip/domain/address'
import type { Executor } from '../database/database'
import {
  DEPOSIT_ADDRESS_COLUMNS,
  type DepositAddress,
  type DepositAddressRow,
  toDepositAddress,
} from './deposit-address'

export interface Rescuable extends DepositAddress {
  /** A sweep of this chain holds it, or its last transaction is not settled. */
  readonly isBusy: boolean
}

/** Those of these addresses that are deposit addresses (primary key). */
export async function readRescuable(
  executor: Executor,
  chainId: number,
  addresses: readonly Address[],
): Promise<Rescuable[]> {
  const rows = await executor.$queryRaw<(DepositAddressRow & { is_busy: boolean })[]>`
    SELECT ${DEPOSIT_ADDRESS_COLUMNS},
      EXISTS (SELECT 1 FROM sweep_items
        WHERE sweep_items.chain_id = ${chainId} AND sweep_items.address = deposit_addresses.address AND active)
      OR EXISTS (SELECT 1 FROM sweep_transactions sent WHERE sent.chain_id = ${chainId}
        AND sent.sender = deposit_addresses.address AND sent.status IN ('signed', 'broadcast', 'mined')) AS is_busy
    FROM deposit_addresses JOIN payments ON payments.id = payment_id
    WHERE deposit_addresses.address = ANY(${addresses.map(addressToBytes)}::bytea[]) ORDER BY index`
  return rows.map((row) => ({ ...toDepositAddress(row), isBusy: row.is_busy }))
}
