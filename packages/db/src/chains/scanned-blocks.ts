import { type Address, addressFromBytes, addressToBytes } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { type Hash, hashFromBytes, hashToBytes } from '@ctrip/domain/hash'
import { idFromUuid, idToUuid, newId, type PaymentId, type TransferId } from '@ctrip/domain/ids'
import type { Asset, TransferKind } from '@ctrip/domain/payment/payment'
import type { Executor } from '../database/database'
import { hexOf, toAsset } from '../payments/payment-rows'
import type { BlockRef, Trust } from './chain-state'

export interface ScannedBlock extends BlockRef {
  readonly parentHash: Hash
  readonly time: Date
  readonly trust: Trust
}

/** Money that a block moves to someone; who that is, the database decides. */
export interface ScannedTransfer {
  readonly txHash: Hash
  readonly kind: Exclude<TransferKind, 'funding'>
  readonly position: number
  readonly ordinal: number
  readonly logIndex: number | null
  readonly from: Address
  readonly to: Address
  readonly asset: Asset
  readonly amount: Amount
}

export interface RecordedTransfer {
  readonly id: TransferId
  readonly paymentId: PaymentId
  readonly kind: TransferKind
  readonly asset: Asset
  /** In no earlier block, before a reorg. */
  readonly isNew: boolean
}

/** Adds a block to the canonical chain. A block that comes back after a reorg becomes canonical again. */
export async function insertBlock(tx: Executor, chainId: number, block: ScannedBlock): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO blocks (chain_id, hash, number, parent_hash, time, trust)
    VALUES (${chainId}, ${hashToBytes(block.hash)}, ${block.number}, ${hashToBytes(block.parentHash)}, ${block.time}, ${block.trust})
    ON CONFLICT (chain_id, hash) DO UPDATE SET canonical = true`
}

export interface Match {
  readonly address: Address
  readonly paymentId: PaymentId
}

/**
 * The payments whose addresses are among a block's recipients: one join against deposit_addresses (its primary key), in
 * the transaction that commits the block. No list of watched addresses in memory, so no race with payments just made.
 */
export async function matchRecipients(tx: Executor, recipients: readonly Address[]): Promise<Match[]> {
  if (recipients.length === 0) return []
  const rows = await tx.$queryRaw<{ address: Uint8Array; payment_id: string }[]>`
    SELECT address, payment_id FROM unnest(${recipients.map(addressToBytes)}::bytea[]) AS recipient(address)
    JOIN deposit_addresses USING (address)`
  return rows.map((row) => ({
    address: addressFromBytes(row.address),
    paymentId: idFromUuid('payment', row.payment_id),
  }))
}

/**
 * Records a block's transfers to our addresses; those to others are left out. A transaction of our own sweeper is
 * `funding`: its hash was committed before it was broadcast, so it is always known here. A transfer included in time
 * before a reorg stays in time. Idempotent for a block that comes back: its orphaned rows live again, in time if another block had
 * included them in time meanwhile.
 */
export async function recordTransfers(
  tx: Executor,
  chain: { readonly chainId: number; readonly chain: string },
  block: ScannedBlock,
  transfers: readonly ScannedTransfer[],
): Promise<RecordedTransfer[]> {
  if (transfers.length === 0) return []
  const rows = await tx.$queryRaw<RecordedRow[]>`
    WITH given AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(transfers.map(toRow))}::jsonb) AS given(
        id uuid, tx_hash bytea, kind text, position int, ordinal int, log_index int, from_address bytea, to_address bytea,
        asset_symbol text, asset_contract bytea, asset_decimals smallint, amount numeric)
    ), ours AS (
      SELECT given.*, deposit_addresses.payment_id, payments.expires_at,
        CASE WHEN sweep_attempts.hash IS NULL THEN given.kind ELSE 'funding' END AS true_kind
      FROM given
      JOIN deposit_addresses ON deposit_addresses.address = given.to_address
      JOIN payments ON payments.id = deposit_addresses.payment_id
      LEFT JOIN sweep_attempts ON sweep_attempts.chain_id = ${chain.chainId} AND sweep_attempts.hash = given.tx_hash
    ), judged AS (
      SELECT ours.*, earlier.tx_hash IS NULL AS is_new,
        ${block.time} <= ours.expires_at OR coalesce(earlier.in_time, false) AS in_time
      FROM ours LEFT JOIN LATERAL (
        SELECT tx_hash, bool_or(transfers.in_time) AS in_time FROM transfers
        WHERE payment_id = ours.payment_id AND chain_id = ${chain.chainId} AND tx_hash = ours.tx_hash
          AND kind = ours.true_kind AND ordinal = ours.ordinal
        GROUP BY tx_hash
      ) earlier ON true
    ), recorded AS (
      INSERT INTO transfers AS known (id, payment_id, chain, chain_id, block_hash, block_number, block_time, tx_hash, kind,
        position, ordinal, log_index, from_address, to_address, asset_symbol, asset_contract, asset_decimals, amount, status, in_time)
      SELECT id, payment_id, ${chain.chain}, ${chain.chainId}, ${hashToBytes(block.hash)}, ${block.number}, ${block.time}, tx_hash,
        true_kind, position, ordinal, log_index, from_address, to_address, asset_symbol, asset_contract, asset_decimals, amount,
        'included', in_time
      FROM judged
      ON CONFLICT (chain_id, block_hash, tx_hash, kind, position) DO UPDATE SET status = 'included', in_time = excluded.in_time
        WHERE known.status = 'orphaned'
      RETURNING id, payment_id, kind, tx_hash, ordinal, asset_symbol, asset_contract, asset_decimals
    )
    SELECT recorded.*, judged.is_new FROM recorded
    JOIN judged ON judged.tx_hash = recorded.tx_hash AND judged.true_kind = recorded.kind AND judged.ordinal = recorded.ordinal`
  return rows.map(toRecorded)
}

/** Takes the blocks above an ancestor off the canonical chain, with their transfers. Both are kept; what they owe in traces is not. */
export async function orphanAbove(
  tx: Executor,
  chainId: number,
  ancestorNumber: number,
): Promise<{ blocks: number; transfers: { id: TransferId; paymentId: PaymentId }[] }> {
  const blocks = await tx.$executeRaw`
    UPDATE blocks SET canonical = false WHERE chain_id = ${chainId} AND number > ${ancestorNumber} AND canonical`
  await tx.$executeRaw`DELETE FROM trace_debts WHERE chain_id = ${chainId} AND block_number > ${ancestorNumber}`
  const rows = await tx.$queryRaw<{ id: string; payment_id: string }[]>`
    UPDATE transfers SET status = 'orphaned'
    WHERE chain_id = ${chainId} AND block_number > ${ancestorNumber} AND status <> 'orphaned'
    RETURNING id, payment_id`
  const transfers = rows.map((row) => ({
    id: idFromUuid('transfer', row.id),
    paymentId: idFromUuid('payment', row.payment_id),
  }))
  return { blocks, transfers }
}

/** The payments that blocks above an ancestor paid: to be locked before `orphanAbove`. */
export async function paymentsPaidAbove(tx: Executor, chainId: number, ancestorNumber: number): Promise<PaymentId[]> {
  const rows = await tx.$queryRaw<{ payment_id: string }[]>`
    SELECT DISTINCT payment_id FROM transfers
    WHERE chain_id = ${chainId} AND block_number > ${ancestorNumber} AND status <> 'orphaned'`
  return rows.map((row) => idFromUuid('payment', row.payment_id))
}

/** The oldest block still known of the canonical chain: before it there is nothing to compare with. */
export async function oldestCanonicalBlock(executor: Executor, chainId: number): Promise<BlockRef | null> {
  const row = await executor.blocks.findFirst({
    where: { chain_id: chainId, canonical: true },
    orderBy: { number: 'asc' },
  })
  return row === null ? null : { number: Number(row.number), hash: hashFromBytes(row.hash) }
}

/** The canonical block at a height, as committed; null where none was, or it has been pruned. */
export async function canonicalBlock(
  executor: Executor,
  chainId: number,
  number: number,
): Promise<(BlockRef & { time: Date }) | null> {
  const row = await executor.blocks.findFirst({ where: { chain_id: chainId, number, canonical: true } })
  return row === null ? null : { number: Number(row.number), hash: hashFromBytes(row.hash), time: row.time }
}

/** How many transfers of these kinds to our addresses are recorded in a block. */
export async function countTransfersIn(
  executor: Executor,
  chainId: number,
  blockHash: Hash,
  kinds: readonly TransferKind[],
): Promise<number> {
  return executor.transfers.count({
    where: {
      chain_id: chainId,
      block_hash: hashToBytes(blockHash),
      kind: { in: [...kinds] },
      status: { not: 'orphaned' },
    },
  })
}

/**
 * The most blocks in a row that left the chain at once in the last 24 hours, by their own time (index blocks_orphaned). Of a halted
 * chain, those that would leave it at least.
 */
export async function deepestRecentReorg(executor: Executor, chainId: number): Promise<number> {
  const rows = await executor.$queryRaw<{ depth: number | null }[]>`
    WITH RECURSIVE orphan AS (
      SELECT hash, parent_hash FROM blocks
      WHERE chain_id = ${chainId} AND NOT canonical AND time > clock_timestamp() - interval '24 hours'
    ), branch AS (
      SELECT hash, 1 AS depth FROM orphan WHERE parent_hash NOT IN (SELECT hash FROM orphan)
      UNION ALL
      SELECT orphan.hash, branch.depth + 1 FROM orphan JOIN branch ON orphan.parent_hash = branch.hash
    )
    SELECT greatest((SELECT max(depth) FROM branch),
      (SELECT (cursor_number - finalized_number + 1)::int FROM chain_state
        WHERE chain_id = ${chainId} AND halted_reason IS NOT NULL)) AS depth`
  return rows[0]?.depth ?? 0
}

interface RecordedRow {
  id: string
  payment_id: string
  kind: TransferKind
  is_new: boolean
  asset_symbol: string
  asset_contract: Uint8Array | null
  asset_decimals: number
}

function toRecorded(row: RecordedRow): RecordedTransfer {
  return {
    id: idFromUuid('transfer', row.id),
    paymentId: idFromUuid('payment', row.payment_id),
    kind: row.kind,
    asset: toAsset(row),
    isNew: row.is_new,
  }
}

function toRow(transfer: ScannedTransfer) {
  return {
    id: idToUuid(newId('transfer')),
    tx_hash: hexOf(transfer.txHash),
    kind: transfer.kind,
    position: transfer.position,
    ordinal: transfer.ordinal,
    log_index: transfer.logIndex,
    from_address: hexOf(transfer.from),
    to_address: hexOf(transfer.to),
    asset_symbol: transfer.asset.symbol,
    asset_contract: hexOf(transfer.asset.contract),
    asset_decimals: transfer.asset.decimals,
    amount: transfer.amount.toString(),
  }
}
