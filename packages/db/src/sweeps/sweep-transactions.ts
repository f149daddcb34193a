import { type Address, addressToBytes } from '@ctrip/domain/address'
import { type Amount, amount } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import { hashToBytes } from '@ctrip/domain/hash'
import { idToUuid, type SweepId } from '@ctrip/domain/ids'
import type { Attempt, MinedAttempt, Purpose, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import type { Executor } from '../database/database'
import { hexOf } from '../payments/payment-rows'
import { type AttemptRow, type TransactionRow, toTransaction } from './sweep-rows'

export type NewAttempt = Omit<Attempt, 'signedAt' | 'broadcastAt'>

export interface NewTransaction {
  readonly sweepId: SweepId | null
  readonly chainId: number
  readonly sender: Address
  readonly nonce: number
  readonly purpose: Purpose
  readonly attempt: NewAttempt
  /** Nonces of other accounts that its authorizations use (EIP-7702). */
  readonly authorized: readonly { readonly sender: Address; readonly nonce: number }[]
}

/** The transactions of sweeps, with all that was signed for them (index sweep_transactions_by_sweep). */
export async function readTransactionsOf(executor: Executor, ids: readonly SweepId[]): Promise<SweepTransaction[]> {
  const rows = await executor.$queryRaw<TransactionRow[]>`
    SELECT * FROM sweep_transactions WHERE sweep_id = ANY(${ids.map(idToUuid)}::uuid[]) ORDER BY chain_id, sender, nonce`
  return withAttempts(executor, rows)
}

/** The transactions that are signed and not mined (authorizations are mined with another's), the lowest nonce of each account first (index sweep_transactions_open). */
export async function readUnmined(executor: Executor, chainId: number): Promise<SweepTransaction[]> {
  const rows = await executor.$queryRaw<TransactionRow[]>`
    SELECT * FROM sweep_transactions
    WHERE chain_id = ${chainId} AND status IN ('signed', 'broadcast') AND purpose <> 'authorize' ORDER BY sender, nonce`
  return withAttempts(executor, rows)
}

/** The highest nonce that we know to be used; null for an account that never sent anything (its unique key). */
export async function highestNonce(executor: Executor, chainId: number, sender: Address): Promise<number | null> {
  const rows = await executor.$queryRaw<{ nonce: bigint | null }[]>`
    SELECT max(nonce) AS nonce FROM sweep_transactions
    WHERE chain_id = ${chainId} AND sender = ${addressToBytes(sender)}`
  const nonce = rows[0]?.nonce ?? null
  return nonce === null ? null : Number(nonce)
}

/** Notes nonces that something else has used: they are not ours to give. */
export async function insertForeignNonces(
  tx: Executor,
  chainId: number,
  sender: Address,
  nonces: { readonly from: number; readonly below: number },
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO sweep_transactions (id, chain_id, sender, nonce, purpose, status)
    SELECT new_uuidv7(), ${chainId}, ${addressToBytes(sender)}, nonce, 'foreign', 'dropped'
    FROM generate_series(${nonces.from}::bigint, ${nonces.below - 1}::bigint) AS nonce
    ON CONFLICT DO NOTHING`
}

/**
 * Writes what was signed, before anything of it leaves this process: after a crash the same bytes are sent again, never
 * others. The unique key (chain, sender, nonce) refuses a nonce that was given to something else, but for one that an
 * authorization was to use and did not.
 */
export async function insertTransaction(tx: Executor, given: NewTransaction): Promise<void> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO sweep_transactions AS known (id, sweep_id, chain_id, sender, nonce, purpose, status)
    VALUES (new_uuidv7(), ${given.sweepId === null ? null : idToUuid(given.sweepId)}::uuid, ${given.chainId},
      ${addressToBytes(given.sender)}, ${given.nonce}, ${given.purpose}, 'signed')
    ON CONFLICT (chain_id, sender, nonce) DO UPDATE SET sweep_id = excluded.sweep_id, purpose = excluded.purpose,
      status = 'signed', updated_at = clock_timestamp()
      WHERE known.purpose = 'authorize' AND known.status = 'dropped'
    RETURNING id`
  const [row] = rows
  assert(row !== undefined, `nonce ${given.nonce} of ${given.sender} is given to nothing else`)
  await insertAttempt(tx, given.chainId, row.id, given.attempt)
  if (given.authorized.length > 0) await insertAuthorizations(tx, given)
}

async function insertAuthorizations(tx: Executor, given: NewTransaction): Promise<void> {
  const authorized = given.authorized.map(({ sender, nonce }) => ({ sender: hexOf(sender), nonce }))
  const noted = await tx.$executeRaw`
    INSERT INTO sweep_transactions AS known (id, sweep_id, chain_id, sender, nonce, purpose, status)
    SELECT new_uuidv7(), ${given.sweepId === null ? null : idToUuid(given.sweepId)}::uuid, ${given.chainId}, sender, nonce,
      'authorize', 'signed'
    FROM jsonb_to_recordset(${JSON.stringify(authorized)}::jsonb) AS given(sender bytea, nonce bigint)
    ON CONFLICT (chain_id, sender, nonce) DO UPDATE SET sweep_id = excluded.sweep_id, status = 'signed',
      updated_at = clock_timestamp()
      WHERE known.purpose = 'authorize' AND known.status = 'dropped'`
  assert(noted === authorized.length, 'authorizations use nonces that are given to nothing else')
}

/**
 * The newest deployment on a chain that is confirmed: where our contracts are follows from its sender and nonce (index
 * sweep_transactions_by_sweep: it belongs to no sweep, as few do).
 */
export async function readDeployment(executor: Executor, chainId: number): Promise<SweepTransaction | null> {
  const rows = await executor.$queryRaw<TransactionRow[]>`
    SELECT * FROM sweep_transactions
    WHERE chain_id = ${chainId} AND sweep_id IS NULL AND purpose = 'deploy' AND status = 'confirmed'
    ORDER BY nonce DESC LIMIT 1`
  return (await withAttempts(executor, rows))[0] ?? null
}

/** What a chain's transactions have cost since a moment, in wei. */
export async function feesSince(executor: Executor, chainId: number, since: Date): Promise<bigint> {
  const rows = await executor.$queryRaw<{ fees: string }[]>`
    SELECT coalesce(sum(fee_paid), 0)::text AS fees FROM sweep_transactions
    WHERE chain_id = ${chainId} AND updated_at > ${since} AND fee_paid IS NOT NULL`
  return BigInt(rows[0]?.fees ?? 0)
}

/** What an account has paid for its transactions, in wei (the unique key of sweep_transactions). */
export async function feesPaidBy(executor: Executor, chainId: number, sender: Address): Promise<Amount> {
  const rows = await executor.$queryRaw<{ fees: string }[]>`
    SELECT coalesce(sum(fee_paid), 0)::text AS fees FROM sweep_transactions
    WHERE chain_id = ${chainId} AND sender = ${addressToBytes(sender)}`
  return amount(BigInt(rows[0]?.fees ?? 0))
}

/** Transactions of this purpose that belong to no sweep and are not over. */
export async function readOpenOf(executor: Executor, chainId: number, purpose: Purpose): Promise<SweepTransaction[]> {
  const rows = await executor.$queryRaw<TransactionRow[]>`
    SELECT * FROM sweep_transactions WHERE chain_id = ${chainId} AND purpose = ${purpose} AND sweep_id IS NULL
      AND status IN ('signed', 'broadcast', 'mined') ORDER BY nonce`
  return withAttempts(executor, rows)
}

/** Adds a replacement: whichever of a transaction's attempts is mined, it is mined once. */
export async function insertAttempt(
  tx: Executor,
  chainId: number,
  transactionId: string,
  attempt: NewAttempt,
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO sweep_attempts (chain_id, hash, transaction_id, raw, max_fee_per_gas, max_priority_fee_per_gas, takes, cancels)
    VALUES (${chainId}, ${hashToBytes(attempt.hash)}, ${transactionId}::uuid, ${Buffer.from(attempt.raw.slice(2), 'hex')},
      ${attempt.maxFeePerGas.toString()}::numeric, ${attempt.maxPriorityFeePerGas.toString()}::numeric,
      ${attempt.takes?.toString() ?? null}::numeric, ${attempt.cancels})`
}

/** Notes that providers have (or may have) these transactions' newest attempts. */
export async function markBroadcast(
  tx: Executor,
  chainId: number,
  sent: readonly { readonly transactionId: string; readonly hash: Attempt['hash'] }[],
): Promise<void> {
  await tx.$executeRaw`
    UPDATE sweep_attempts SET broadcast_at = clock_timestamp()
    WHERE chain_id = ${chainId} AND hash = ANY(${sent.map(({ hash }) => hashToBytes(hash))}::bytea[]) AND broadcast_at IS NULL`
  await tx.$executeRaw`
    UPDATE sweep_transactions SET status = 'broadcast', updated_at = clock_timestamp()
    WHERE id = ANY(${sent.map(({ transactionId }) => transactionId)}::uuid[]) AND status = 'signed'`
}

export async function markMined(
  tx: Executor,
  mined: readonly { readonly transactionId: string; readonly attempt: MinedAttempt }[],
): Promise<void> {
  const rows = mined.map(({ transactionId, attempt }) => ({
    id: transactionId,
    mined_hash: hexOf(attempt.hash),
    block_hash: hexOf(attempt.blockHash),
    block_number: attempt.blockNumber,
    gas_used: attempt.gasUsed.toString(),
    fee_paid: attempt.feePaid.toString(),
  }))
  await tx.$executeRaw`
    UPDATE sweep_transactions SET status = 'mined', mined_hash = given.mined_hash, block_hash = given.block_hash,
      block_number = given.block_number, gas_used = given.gas_used, fee_paid = given.fee_paid, updated_at = clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS given(
      id uuid, mined_hash bytea, block_hash bytea, block_number bigint, gas_used bigint, fee_paid numeric)
    WHERE sweep_transactions.id = given.id AND status IN ('signed', 'broadcast')`
}

/** Transactions whose block has left the chain: back to waiting, with the bytes that were signed. */
export async function markUnmined(tx: Executor, transactionIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE sweep_transactions SET status = 'broadcast', mined_hash = NULL, block_hash = NULL, block_number = NULL,
      gas_used = NULL, fee_paid = NULL, updated_at = clock_timestamp()
    WHERE id = ANY(${[...transactionIds]}::uuid[])`
}

export async function concludeTransactions(
  tx: Executor,
  ids: readonly string[],
  status: 'confirmed' | 'reverted' | 'dropped',
): Promise<void> {
  if (ids.length === 0) return
  await tx.$executeRaw`
    UPDATE sweep_transactions SET status = ${status}, updated_at = clock_timestamp() WHERE id = ANY(${[...ids]}::uuid[])`
}

async function withAttempts(executor: Executor, rows: readonly TransactionRow[]): Promise<SweepTransaction[]> {
  if (rows.length === 0) return []
  const attempts = await executor.$queryRaw<AttemptRow[]>`
    SELECT * FROM sweep_attempts WHERE transaction_id = ANY(${rows.map((row) => row.id)}::uuid[])
    ORDER BY transaction_id, signed_at DESC`
  const byTransaction = Map.groupBy(attempts, (attempt) => attempt.transaction_id)
  return rows.map((row) => toTransaction(row, byTransaction.get(row.id) ?? []))
}
