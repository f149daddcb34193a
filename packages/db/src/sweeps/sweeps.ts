import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { idToUuid, type MerchantId, type PaymentId, type SweepId } from '@ctrip/domain/ids'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { StrategyName, Sweep } from '@ctrip/domain/sweep/sweep'
import type { Executor } from '../database/database'
import { hexOf } from '../payments/payment-rows'
import { ADDRESS_NUMBER } from './deposit-address'
import { type FullItemRow, type SweepRow, toSweep } from './sweep-rows'

export interface NewSweep {
  readonly id: SweepId
  readonly chain: string
  readonly chainId: number
  readonly asset: Asset
  readonly treasury: Address
  readonly strategy: StrategyName
  readonly traceAnchor: string
  readonly items: readonly {
    readonly address: Address
    readonly paymentId: PaymentId
    readonly merchantId: MerchantId
    readonly amountPlanned: Amount
  }[]
}

/** One round's share of sweeps; the rest come in the next. */
const OPEN_MAX = 2_000

/**
 * Writes sweeps and locks their addresses: the unique index sweep_items_one_at_a_time refuses an address that another
 * sweep of the chain holds, whoever planned it.
 */
export async function insertSweeps(tx: Executor, sweeps: readonly NewSweep[]): Promise<void> {
  if (sweeps.length === 0) return
  await tx.$executeRaw`
    INSERT INTO sweeps (id, chain, chain_id, asset_symbol, asset_contract, asset_decimals, treasury, strategy, status, trace_anchor,
      sequence)
    SELECT id, chain, chain_id, asset_symbol, asset_contract, asset_decimals, treasury, strategy, 'planned', trace_anchor, 1
    FROM jsonb_to_recordset(${JSON.stringify(sweeps.map(toSweepRow))}::jsonb) AS given(
      id uuid, chain text, chain_id bigint, asset_symbol text, asset_contract bytea, asset_decimals smallint,
      treasury bytea, strategy text, trace_anchor text)`
  await tx.$executeRaw`
    INSERT INTO sweep_items (sweep_id, address, payment_id, merchant_id, chain_id, amount_planned)
    SELECT sweep_id, address, payment_id, merchant_id, chain_id, amount_planned
    FROM jsonb_to_recordset(${JSON.stringify(sweeps.flatMap(toItemRows))}::jsonb) AS given(
      sweep_id uuid, address bytea, payment_id uuid, merchant_id uuid, chain_id bigint, amount_planned numeric)`
}

/** Sweeps that are not over, oldest first (index sweeps_open). */
export async function readOpenSweeps(executor: Executor, chainId: number): Promise<Sweep[]> {
  const rows = await executor.$queryRaw<SweepRow[]>`
    SELECT * FROM sweeps WHERE chain_id = ${chainId} AND status IN ('planned', 'broadcast') ORDER BY id LIMIT ${OPEN_MAX}`
  return withItems(executor, rows)
}

/** Sweeps by id, in the order of their ids. */
export async function readSweeps(executor: Executor, ids: readonly SweepId[]): Promise<Sweep[]> {
  if (ids.length === 0) return []
  const rows = await executor.$queryRaw<SweepRow[]>`
    SELECT * FROM sweeps WHERE id = ANY(${ids.map(idToUuid)}::uuid[]) ORDER BY id`
  return withItems(executor, rows)
}

/** Notes that the collecting transactions of sweeps are on their way. Returns those of which that was not known. */
export async function markSweepsBroadcast(tx: Executor, ids: readonly SweepId[]): Promise<Sweep[]> {
  const rows = await tx.$queryRaw<SweepRow[]>`
    UPDATE sweeps SET status = 'broadcast', sequence = sequence + 1
    WHERE id = ANY(${ids.map(idToUuid)}::uuid[]) AND status = 'planned' RETURNING *`
  return withItems(tx, rows)
}

export interface ItemResult {
  readonly address: Address
  readonly collected: Amount
  readonly gasShare: Amount
  readonly feeShare: Amount
  readonly tokenFee: Amount
  readonly reason: string | null
}

export interface SweepResult {
  readonly id: SweepId
  readonly status: 'confirmed' | 'failed'
  readonly reason: string | null
  readonly items: readonly ItemResult[]
}

/** Ends sweeps: what each address gave, and the addresses are free again. Returns the sweeps as they are now. */
export async function concludeSweeps(tx: Executor, results: readonly SweepResult[]): Promise<Sweep[]> {
  const items = results.flatMap((result) => result.items.map((item) => toItemResultRow(result.id, item)))
  await tx.$executeRaw`
    UPDATE sweep_items SET active = false, amount_collected = given.amount_collected, gas_share = given.gas_share,
      fee_share = given.fee_share, token_fee = given.token_fee, reason = given.reason
    FROM jsonb_to_recordset(${JSON.stringify(items)}::jsonb) AS given(
      sweep_id uuid, address bytea, amount_collected numeric, gas_share numeric, fee_share numeric, token_fee numeric,
      reason text)
    WHERE sweep_items.sweep_id = given.sweep_id AND sweep_items.address = given.address`
  await tx.$executeRaw`
    UPDATE sweeps SET status = given.status, reason = given.reason, sequence = sequence + 1,
      completed_at = clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(results.map(({ id, status, reason }) => ({ id: idToUuid(id), status, reason })))}::jsonb)
      AS given(id uuid, status text, reason text)
    WHERE sweeps.id = given.id`
  return readSweeps(
    tx,
    results.map(({ id }) => id),
  )
}

/**
 * Opens a sweep again that was over, because a reorg deeper than the confirmations has taken its transaction off the chain:
 * that will be mined again, or something else in its place. Nothing counts as collected until then. An address that another
 * sweep holds by now stays that one's; their transactions follow each other by nonce.
 */
export async function reopenSweeps(tx: Executor, ids: readonly SweepId[]): Promise<void> {
  if (ids.length === 0) return
  const uuids = ids.map(idToUuid)
  await tx.$executeRaw`UPDATE transfers SET collected_by = NULL WHERE collected_by = ANY(${uuids}::uuid[])`
  await tx.$executeRaw`
    UPDATE sweeps SET status = 'broadcast', reason = NULL, completed_at = NULL
    WHERE id = ANY(${uuids}::uuid[]) AND status IN ('confirmed', 'failed')`
  await tx.$executeRaw`
    UPDATE sweep_items reopened SET amount_collected = NULL, gas_share = NULL, fee_share = NULL,
      token_fee = NULL, reason = NULL, active = NOT EXISTS (SELECT 1 FROM sweep_items other WHERE other.chain_id = reopened.chain_id
        AND other.address = reopened.address AND (other.active
          OR other.sweep_id = ANY(${uuids}::uuid[]) AND other.sweep_id < reopened.sweep_id))
    WHERE sweep_id = ANY(${uuids}::uuid[])`
}

async function withItems(executor: Executor, rows: readonly SweepRow[]): Promise<Sweep[]> {
  if (rows.length === 0) return []
  const items = await executor.$queryRaw<FullItemRow[]>`
    SELECT sweep_items.*, payments.trace_anchor AS payment_anchor, deposit_addresses.wallet,
      ${ADDRESS_NUMBER} AS address_index
    FROM sweep_items
    JOIN payments ON payments.id = sweep_items.payment_id
    JOIN deposit_addresses ON deposit_addresses.address = sweep_items.address
    WHERE sweep_id = ANY(${rows.map((row) => row.id)}::uuid[]) ORDER BY sweep_items.address`
  const bySweep = Map.groupBy(items, (item) => item.sweep_id)
  return rows.map((row) => toSweep(row, bySweep.get(row.id) ?? []))
}

function toSweepRow(sweep: NewSweep) {
  return {
    id: idToUuid(sweep.id),
    chain: sweep.chain,
    chain_id: sweep.chainId,
    asset_symbol: sweep.asset.symbol,
    asset_contract: hexOf(sweep.asset.contract),
    asset_decimals: sweep.asset.decimals,
    treasury: hexOf(sweep.treasury),
    strategy: sweep.strategy,
    trace_anchor: sweep.traceAnchor,
  }
}

function toItemRows(sweep: NewSweep) {
  return sweep.items.map((item) => ({
    sweep_id: idToUuid(sweep.id),
    address: hexOf(item.address),
    payment_id: idToUuid(item.paymentId),
    merchant_id: idToUuid(item.merchantId),
    chain_id: sweep.chainId,
    amount_planned: item.amountPlanned.toString(),
  }))
}

function toItemResultRow(sweepId: SweepId, item: ItemResult) {
  return {
    sweep_id: idToUuid(sweepId),
    address: hexOf(item.address),
    amount_collected: item.collected.toString(),
    gas_share: item.gasShare.toString(),
    fee_share: item.feeShare.toString(),
    token_fee: item.tokenFee.toString(),
    reason: item.reason,
  }
}
