import { type Hash, hashFromBytes, hashToBytes } from '@ctrip/domain/hash'
import type { Executor } from '../database/database'
import type { BlockRef } from './chain-state'

/** A committed block whose internal transfers are still unknown. */
export interface TraceDebt extends BlockRef {
  readonly attempts: number
}

/** The reason why the providers gave no traces. */
export interface TraceFailure {
  readonly reason: string
  readonly providers: readonly string[]
}

export interface TraceDebtSummary {
  readonly count: number
  readonly oldest: { readonly blockNumber: number; readonly since: Date }
}

const REASON_CHARS_MAX = 500
const RETRY_MS_MIN = 1_000
const RETRY_MS_MAX = 600_000

/** Pauses double from a second to ten minutes: a node that is a block behind has the trace at once, one that pruned it never. */
export function retryAfterMs(attempts: number): number {
  return Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(attempts - 1, 20))
}

/** In the transaction that commits the block. A block that owes already keeps its age. */
export async function insertTraceDebt(
  tx: Executor,
  chainId: number,
  block: BlockRef,
  { reason, providers }: TraceFailure,
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO trace_debts (chain_id, block_hash, block_number, next_attempt_at, reason, providers)
    VALUES (${chainId}, ${hashToBytes(block.hash)}, ${block.number},
      clock_timestamp() + ${retryAfterMs(1)} * interval '1 millisecond', ${reason.slice(0, REASON_CHARS_MAX)}, ${[...providers]})
    ON CONFLICT (chain_id, block_hash) DO NOTHING`
}

/** The debts to try again now, the longest due first (index trace_debts_due). */
export async function dueTraceDebts(executor: Executor, chainId: number, limit: number): Promise<TraceDebt[]> {
  const rows = await executor.$queryRaw<{ block_hash: Uint8Array; block_number: bigint; attempts: number }[]>`
    SELECT block_hash, block_number, attempts FROM trace_debts
    WHERE chain_id = ${chainId} AND next_attempt_at <= clock_timestamp() ORDER BY next_attempt_at LIMIT ${limit}`
  return rows.map((row) => ({
    hash: hashFromBytes(row.block_hash),
    number: Number(row.block_number),
    attempts: row.attempts,
  }))
}

/** Notes that another attempt failed, and why. */
export async function postponeTraceDebt(
  executor: Executor,
  chainId: number,
  { hash, attempts }: TraceDebt,
  { reason, providers }: TraceFailure,
): Promise<void> {
  await executor.$executeRaw`
    UPDATE trace_debts SET attempts = attempts + 1, reason = ${reason.slice(0, REASON_CHARS_MAX)}, providers = ${[...providers]},
      next_attempt_at = clock_timestamp() + ${retryAfterMs(attempts + 1)} * interval '1 millisecond'
    WHERE chain_id = ${chainId} AND block_hash = ${hashToBytes(hash)}`
}

/**
 * In the transaction that records what was owed, after the payments are locked. Locks the chain's state, so that no reorg takes the
 * block away meanwhile. False: the debt is gone, with its block or by another writer.
 */
export async function settleTraceDebt(tx: Executor, chainId: number, hash: Hash): Promise<boolean> {
  await tx.$queryRaw`SELECT 1 FROM chain_state WHERE chain_id = ${chainId} FOR SHARE`
  const settled = await tx.$executeRaw`
    DELETE FROM trace_debts WHERE chain_id = ${chainId} AND block_hash = ${hashToBytes(hash)}`
  return settled === 1
}

/** Of a chain on which internal transfers are no longer asked for. Returns how many there were. */
export async function writeOffTraceDebts(executor: Executor, chainId: number): Promise<number> {
  return executor.$executeRaw`DELETE FROM trace_debts WHERE chain_id = ${chainId}`
}

export async function hasTraceDebts(executor: Executor, chainId: number): Promise<boolean> {
  const rows = await executor.$queryRaw<unknown[]>`SELECT 1 FROM trace_debts WHERE chain_id = ${chainId} LIMIT 1`
  return rows.length > 0
}

/** By chain; a chain that owes nothing is not in it. */
export async function summarizeTraceDebts(executor: Executor): Promise<Map<number, TraceDebtSummary>> {
  const rows = await executor.$queryRaw<{ chain_id: bigint; count: bigint; since: Date; block_number: bigint }[]>`
    SELECT chain_id, count(*) AS count, min(since) AS since, min(block_number) AS block_number FROM trace_debts
    GROUP BY chain_id`
  return new Map(
    rows.map((row) => [
      Number(row.chain_id),
      { count: Number(row.count), oldest: { blockNumber: Number(row.block_number), since: row.since } },
    ]),
  )
}
