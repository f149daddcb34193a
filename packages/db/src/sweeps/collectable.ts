import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Executor } from '../database/database'
import type { Prisma } from '../generated/prisma/client'
import { hexOf, toAmount, toAsset } from '../payments/payment-rows'
import { type SetbackRow, type Setbacks, toSetbacks } from './collection-waits'
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
  readonly setbacks: Setbacks
  /** Why it waited until now; null where it has not been looked at. */
  readonly waitReason: WaitReason | null
}

/** Twice what a round plans, as an address may have several assets; the rest come in the next. */
const COLLECTABLE_MAX = 400

/** The least of an asset that is worth collecting. */
export interface LeastWorth {
  /** Null is native coin. */
  readonly contract: Address | null
  readonly minSweep: Amount
}

/**
 * Reads the money to sweep: the truth that the planner works from, whatever it was or was not told (index
 * transfers_to_collect). An address that a sweep holds, or whose last transaction is not settled, waits its turn; so
 * does what was lately found not worth it or impossible, unless more has come.
 *
 * In turns: the oldest of each asset first, then the second oldest of each. What was tried before and what is below its
 * asset's least take turns of their own, so that thousands of broken tokens or of dust at the front delay nobody.
 *
 * What is left out is left out by NOT IN, which Postgres hashes: a NOT EXISTS it joins, and where it takes the backlog for
 * empty, as right after a burst, it joins by nested loops (5,000 addresses waiting beside 1,000 open sweeps: 4.9 million
 * buffers instead of 10,000). Whose an address is, is looked up for those that are given only.
 */
export async function readCollectable(
  executor: Executor,
  chainId: number,
  least: readonly LeastWorth[],
): Promise<Collectable[]> {
  const minimums = JSON.stringify(
    least.map(({ contract, minSweep }) => ({ contract: hexOf(contract), min_sweep: minSweep.toString() })),
  )
  const rows = await executor.$queryRaw<CollectableRow[]>`
    SELECT ${DEPOSIT_ADDRESS_COLUMNS}, waiting.asset_symbol, waiting.asset_contract, waiting.asset_decimals, waiting.amount,
      waiting.arrived_at, coalesce(waits.failures, 0) AS failures, coalesce(waits.mined_failures, 0) AS mined_failures,
      coalesce(waits.fees_spent, 0)::numeric AS fees_spent, waits.reason AS wait_reason
    FROM (
      SELECT uncollected.*, row_number() OVER (PARTITION BY asset_symbol, asset_contract, uncollected.amount < min_sweep,
        (to_address, asset_symbol) IN (SELECT address, asset_symbol FROM collection_waits WHERE chain_id = ${chainId})
        ORDER BY waits_since) AS turn
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
      ) uncollected
      LEFT JOIN jsonb_to_recordset(${minimums}::jsonb) AS least(contract bytea, min_sweep numeric)
        ON contract IS NOT DISTINCT FROM asset_contract
      ORDER BY turn, waits_since LIMIT ${COLLECTABLE_MAX}
    ) waiting
    JOIN deposit_addresses ON deposit_addresses.address = to_address
    JOIN payments ON payments.id = payment_id
    LEFT JOIN collection_waits waits ON waits.chain_id = ${chainId} AND waits.address = to_address
      AND waits.asset_symbol = waiting.asset_symbol
    ORDER BY turn, waits_since`
  return rows.map(toCollectable)
}

interface CollectableRow extends DepositAddressRow, SetbackRow {
  asset_symbol: string
  asset_contract: Uint8Array | null
  asset_decimals: number
  amount: Prisma.Decimal
  arrived_at: Date
  wait_reason: WaitReason | null
}

function toCollectable(row: CollectableRow): Collectable {
  const { arrived_at: arrivedAt, wait_reason: waitReason } = row
  const money = { asset: toAsset(row), amount: toAmount(row.amount), arrivedAt }
  return { ...toDepositAddress(row), ...money, setbacks: toSetbacks(row), waitReason }
}
