import { type Address, addressToBytes } from '@ctrip/domain/address'
import { hexFromBytes } from '@ctrip/domain/hex-digits'
import { idFromUuid, idToUuid, type SweepId } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'

/**
 * The lowest nonce that an authorization was to use, and did not: whatever comes after it waits until something does (its
 * unique key). Only deposit addresses authorize: a gas wallet's many nonces are not looked through.
 */
export async function skippedNonce(
  executor: Executor,
  chainId: number,
  sender: Address,
): Promise<{ readonly transactionId: string; readonly nonce: number } | null> {
  const [row] = await executor.$queryRaw<{ id: string; nonce: bigint }[]>`
    SELECT id, nonce FROM sweep_transactions
    WHERE chain_id = ${chainId} AND sender = ${addressToBytes(sender)} AND purpose = 'authorize' AND status = 'dropped'
      AND EXISTS (SELECT 1 FROM deposit_addresses WHERE address = ${addressToBytes(sender)})
    ORDER BY nonce LIMIT 1`
  return row === undefined ? null : { transactionId: row.id, nonce: Number(row.nonce) }
}

/** Authorizations of these sweeps are to be judged again: their transaction will be mined again, perhaps to another effect. */
export async function awaitAuthorizations(tx: Executor, sweepIds: readonly SweepId[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE sweep_transactions SET status = 'signed', updated_at = clock_timestamp()
    WHERE sweep_id = ANY(${sweepIds.map(idToUuid)}::uuid[]) AND purpose = 'authorize' AND status IN ('confirmed', 'dropped')`
}

/** The bytes of every batch that ever was to collect from an address (index sweep_items_by_payment). */
export async function readBatchesWith(
  executor: Executor,
  chainId: number,
  address: Address,
): Promise<{ readonly sweepId: SweepId; readonly raw: `0x${string}` }[]> {
  const rows = await executor.$queryRaw<{ sweep_id: string; raw: Uint8Array }[]>`
    SELECT sweeps.id AS sweep_id, sweep_attempts.raw
    FROM deposit_addresses JOIN sweep_items USING (payment_id)
    JOIN sweeps ON sweeps.id = sweep_items.sweep_id AND strategy = 'delegated_batch'
    JOIN sweep_transactions sent ON sent.sweep_id = sweeps.id AND sent.purpose = 'collect'
    JOIN sweep_attempts ON transaction_id = sent.id
    WHERE deposit_addresses.address = ${addressToBytes(address)} AND sweeps.chain_id = ${chainId}`
  return rows.map(({ sweep_id, raw }) => ({
    sweepId: idFromUuid('sweep', sweep_id),
    raw: hexFromBytes(raw),
  }))
}

/** A nonce that was given again turns out to be used by the authorization that it was first given to, in this sweep. */
export async function yieldNonce(tx: Executor, transactionId: string, sweepId: SweepId): Promise<void> {
  await tx.$executeRaw`
    UPDATE sweep_transactions SET purpose = 'authorize', status = 'confirmed', sweep_id = ${idToUuid(sweepId)}::uuid,
      updated_at = clock_timestamp()
    WHERE id = ${transactionId}::uuid`
}
