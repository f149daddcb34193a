import { addressToBytes } from '@ctrip/domain/address'
import { type Amount, amount } from '@ctrip/domain/amount'
import { idToUuid } from '@ctrip/domain/ids'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { SweepItem } from '@ctrip/domain/sweep/sweep'
import type { Executor } from '../database/database'

export interface MoneyAfterReorgs {
  /** What is there and not collected by the books, confirmed or not. */
  readonly stays: Amount
  /** No transfer that a reorg took off the chain stood in a block that is not final yet. */
  readonly isFinal: boolean
}

/** What reorgs left at an address of one asset, and whether that is the last word (index transfers_by_payment). */
export async function readMoneyAfterReorgs(
  executor: Executor,
  chainId: number,
  { address, paymentId }: Pick<SweepItem, 'address' | 'paymentId'>,
  asset: Asset,
): Promise<MoneyAfterReorgs> {
  const contract = asset.contract === null ? null : addressToBytes(asset.contract)
  const [row] = await executor.$queryRaw<{ stays: string; is_final: boolean }[]>`
    SELECT coalesce(sum(amount) FILTER (WHERE status <> 'orphaned' AND collected_by IS NULL AND kind <> 'funding'), 0)::text AS stays,
      coalesce(bool_and(block_number <= finalized_number) FILTER (WHERE status = 'orphaned'), true) AS is_final
    FROM transfers JOIN chain_state ON chain_state.chain_id = transfers.chain_id
    WHERE payment_id = ${idToUuid(paymentId)}::uuid AND to_address = ${addressToBytes(address)}
      AND transfers.chain_id = ${chainId} AND asset_contract IS NOT DISTINCT FROM ${contract}`
  return { stays: amount(BigInt(row?.stays ?? 0)), isFinal: row?.is_final ?? false }
}
