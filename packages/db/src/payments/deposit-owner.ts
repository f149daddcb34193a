import { type Address, addressToBytes } from '@ctrip/domain/address'
import type { Executor } from '../database/database'

/** Whether the address was given to a payment. By the primary key of deposit_addresses. */
export async function isDepositAddress(executor: Executor, address: Address): Promise<boolean> {
  const row = await executor.deposit_addresses.findUnique({ where: { address: addressToBytes(address) } })
  return row !== null
}
