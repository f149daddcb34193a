import { type Address, addressToBytes } from '@ctrip/domain/address'
import { hashToBytes } from '@ctrip/domain/hash'
import { idFromUuid, type SweepId } from '@ctrip/domain/ids'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { MinedAttempt } from '@ctrip/domain/sweep/sweep'
import type { Executor } from '../database/database'
import {
  concludeTransactions,
  insertAttempt,
  insertTransaction,
  markMined,
  type NewTransaction,
} from './sweep-transactions'
import { insertSweeps, type NewSweep } from './sweeps'

/** A transaction of ours that is on the chain, and that a restored database does not know. */
export interface LostTransaction extends Omit<NewTransaction, 'sweepId'> {
  /** What it collects; null where it only supports. */
  readonly sweep: NewSweep | null
  readonly mined: MinedAttempt
}

/**
 * Writes what the sweeper had written before it sent this, so that it follows, confirms and attributes it like any other.
 * Nothing is written twice. Returns whether anything was.
 */
export async function adoptTransaction(tx: Executor, lost: LostTransaction): Promise<boolean> {
  const { chainId, sender, nonce, attempt } = lost
  const rows = await tx.$queryRaw<{ id: string; purpose: string; known: boolean }[]>`
    SELECT id, purpose, EXISTS (SELECT 1 FROM sweep_attempts
      WHERE chain_id = ${chainId} AND hash = ${hashToBytes(attempt.hash)}) AS known
    FROM sweep_transactions WHERE chain_id = ${chainId} AND sender = ${addressToBytes(sender)} AND nonce = ${nonce}`
  const [found] = rows
  if (found?.known === true) return false
  if (found !== undefined && found.purpose !== 'foreign') {
    await insertAttempt(tx, chainId, found.id, attempt) // a replacement of what the backup knows
    return true
  }
  const authorized = await forgetForeign(tx, lost)
  const sweepId = lost.sweep === null ? null : await sweepFor(tx, lost.sweep)
  await insertTransaction(tx, { ...lost, authorized, sweepId })
  if (sweepId === null) await concludeAtOnce(tx, lost)
  return true
}

/** A sweeper that ran before the restore noted such nonces as somebody else's. Returns the authorizations that are not known yet. */
async function forgetForeign(tx: Executor, lost: LostTransaction): Promise<NewTransaction['authorized']> {
  const unknown: { sender: Address; nonce: number }[] = []
  for (const { sender, nonce } of [...lost.authorized, lost]) {
    await tx.$executeRaw`
      DELETE FROM sweep_transactions WHERE chain_id = ${lost.chainId} AND sender = ${addressToBytes(sender)}
        AND nonce = ${nonce} AND purpose = 'foreign'`
    const rows = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM sweep_transactions
      WHERE chain_id = ${lost.chainId} AND sender = ${addressToBytes(sender)} AND nonce = ${nonce}`
    if (rows.length === 0 && sender !== lost.sender) unknown.push({ sender, nonce })
  }
  return unknown
}

/** The sweep that was planned when the backup was taken, or a new one, which takes over its addresses. */
async function sweepFor(tx: Executor, sweep: NewSweep): Promise<SweepId> {
  const addresses = sweep.items.map(({ address }) => addressToBytes(address))
  const planned = await findPlanned(tx, sweep.chainId, sweep.asset, addresses)
  if (planned !== null) return planned
  // Older sweeps of these addresses stay open until their own transactions end them; the newest holds the address.
  await tx.$executeRaw`
    UPDATE sweep_items SET active = false
    WHERE chain_id = ${sweep.chainId} AND address = ANY(${addresses}::bytea[]) AND active`
  await insertSweeps(tx, [sweep])
  return sweep.id
}

async function findPlanned(
  tx: Executor,
  chainId: number,
  asset: Asset,
  addresses: readonly Uint8Array[],
): Promise<SweepId | null> {
  const contract = asset.contract === null ? null : addressToBytes(asset.contract)
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT sweeps.id FROM sweeps JOIN sweep_items ON sweep_items.sweep_id = sweeps.id
    WHERE sweeps.chain_id = ${chainId} AND status IN ('planned', 'broadcast')
      AND asset_contract IS NOT DISTINCT FROM ${contract}
      AND NOT EXISTS (SELECT 1 FROM sweep_transactions sent WHERE sent.sweep_id = sweeps.id AND sent.purpose = 'collect')
    GROUP BY sweeps.id HAVING array_agg(address::bytea) @> ${[...addresses]}::bytea[] LIMIT 1`
  const row = rows[0]
  return row === undefined ? null : idFromUuid('sweep', row.id)
}

/** What belongs to no sweep ends here; should its block leave the chain, the sweeper sends the same bytes again. */
async function concludeAtOnce(tx: Executor, { chainId, sender, nonce, mined }: LostTransaction): Promise<void> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM sweep_transactions
    WHERE chain_id = ${chainId} AND sender = ${addressToBytes(sender)} AND nonce = ${nonce}`
  const ids = rows.map(({ id }) => id)
  await markMined(
    tx,
    ids.map((transactionId) => ({ transactionId, attempt: mined })),
  )
  await concludeTransactions(tx, ids, 'confirmed')
}
