import type { Amount } from '@ctrip/domain/amount'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { Executor } from '../database/database'
import type { Prisma } from '../generated/prisma/client'
import { toAmount, toAsset } from '../payments/payment-rows'
import {
  DEPOSIT_ADDRESS_COLUMNS,
  type DepositAddress,
  type DepositAddressRow,
  toDepositAddress,
} from './deposit-address'

/** Confirmed money at an address, in one asset, that no sweep is at work on. */
export interface Collectable extends DepositAddress {
  readonly asset: Asset
  readonly amount: Amount
  /** When the newest of it arrived. */
  readonly arrivedAt: Date
  readonly failures: number
}

/** Twice what a round plans, as an address may have several assets; the rest come in the next. */
const COLLECTABLE_MAX = 400

/**
 * What is to be collected, oldest first: the truth that the planner works from, whatever it was or was not told (index
 * transfers_to_collect). An address that a sweep holds, or whose last transaction is not settled, waits its turn; so
 * does what was lately found not worth it or impossible, unless more has come.
 *
 * What is left out is left out by NOT IN, which Postgres hashes: a NOT EXISTS it joins, and where it takes the backlog for
 * empty, as right after a burst, it joins by nested loops (5,000 addresses waiting beside 1,000 open sweeps: 4.9 million
 * buffers instead of 10,000). Whose an address is, is looked up for those that are given only.
 */
export async function readCollectable(executor: Executor, chainId: number): Promise<Collectable[]> {
  const rows = await executor.$queryRaw<CollectableRow[]>`
    SELECT ${DEPOSIT_ADDRESS_COLUMNS}, waiting.asset_symbol, waiting.asset_contract, waiting.asset_decimals, waiting.amount,
      waiting.arrived_at, coalesce(waits.failures, 0) AS failures
    FROM (
      SELECT to_address, asset_symbol, asset_contract, asset_decimals, sum(amount) AS amount,
        min(created_at) AS waits_since, max(created_at) AS arrived_at
      FROM transfers
      WHERE chain_id = ${chainId} AND collected_by IS NULL AND kind <> 'funding' AND status IN ('confirmed', 'final')
        AND to_address NOT IN (SELECT address FROM sweep_items WHERE chain_id = ${chainId} AND active)
        AND to_address NOT IN (SELECT sender FROM sweep_transactions
          WHERE chain_id = ${chainId} AND status IN ('signed', 'broadcast', 'mined'))
      GROUP BY 1, 2, 3, 4
      HAVING (to_address, asset_symbol, sum(amount)) NOT IN (SELECT address, asset_symbol, amount FROM collection_waits
        WHERE chain_id = ${chainId} AND retry_at > clock_timestamp())
      ORDER BY waits_since LIMIT ${COLLECTABLE_MAX}
    ) waiting
    JOIN deposit_addresses ON deposit_addresses.address = to_address
    JOIN payments ON payments.id = payment_id
    LEFT JOIN collection_waits waits ON waits.chain_id = ${chainId} AND waits.address = to_address
      AND waits.asset_symbol = waiting.asset_symbol
    ORDER BY waits_since`
  return rows.map(toCollectable)
}

interface CollectableRow extends DepositAddressRow {
  asset_symbol: string
  asset_contract: Uint8Array | null
  asset_decimals: number
  amount: Prisma.Decimal
  arrived_at: Date
  failures: number
}

function toCollectable(row: CollectableRow): Collectable {
  const { arrived_at: arrivedAt, failures } = row
  return { ...toDepositAddress(row), asset: toAsset(row), amount: toAmount(row.amount), arrivedAt, failures }
}
