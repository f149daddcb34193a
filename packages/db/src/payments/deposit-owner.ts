import { type Address, addressToBytes } from '@ctrip/domain/address'
import { BRANCH_SIZE } from '@ctrip/domain/deposit-path'
import type { Executor } from '../database/database'

/** Whether the address was given to a payment. By the primary key of deposit_addresses. */
export async function isDepositAddress(executor: Executor, address: Address): Promise<boolean> {
  const row = await executor.deposit_addresses.findUnique({ where: { address: addressToBytes(address) } })
  return row !== null
}

/** The number of a deposit address in this wallet (`depositPath`); null where the address is not of it. By the primary key of deposit_addresses. */
export async function depositIndexOf(executor: Executor, wallet: string, address: Address): Promise<number | null> {
  const row = await executor.deposit_addresses.findUnique({ where: { address: addressToBytes(address) } })
  return row !== null && row.wallet === wallet ? row.branch * BRANCH_SIZE + row.index : null
}
