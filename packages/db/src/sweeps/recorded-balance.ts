import { type Address, addressToBytes } from '@ctrip/domain/address'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { Executor } from '../database/database'

/**
 * The balance that an address must have of an asset by the books: confirmed money, our own top-ups among it, less what sweeps took, what
 * the token kept of that, and what the address itself paid in fees. Below 0 where sweeps took more than was recorded: what arrived meanwhile, or what
 * nobody saw arrive (indexes transfers_by_payment, sweep_items_by_payment, the unique key of sweep_transactions).
 */
export async function recordedBalance(
  executor: Executor,
  chainId: number,
  address: Address,
  asset: Asset,
): Promise<bigint> {
  const holder = addressToBytes(address)
  const contract = asset.contract === null ? null : addressToBytes(asset.contract)
  const rows = await executor.$queryRaw<{ balance: string }[]>`
    SELECT (
      (SELECT coalesce(sum(amount), 0) FROM transfers
        WHERE payment_id = deposit.payment_id AND to_address = deposit.address AND chain_id = ${chainId}
          AND asset_contract IS NOT DISTINCT FROM ${contract} AND status IN ('confirmed', 'final'))
      - (SELECT coalesce(sum(amount_collected + coalesce(token_fee, 0)), 0) FROM sweep_items JOIN sweeps ON sweeps.id = sweep_items.sweep_id
        WHERE sweep_items.payment_id = deposit.payment_id AND sweep_items.address = deposit.address
          AND sweep_items.chain_id = ${chainId} AND asset_contract IS NOT DISTINCT FROM ${contract})
      - (SELECT coalesce(sum(fee_paid), 0) FROM sweep_transactions
        WHERE chain_id = ${chainId} AND sender = deposit.address AND ${asset.contract === null})
    )::text AS balance
    FROM deposit_addresses deposit WHERE deposit.address = ${holder}`
  return BigInt(rows[0]?.balance ?? 0)
}
