import { type Address, addressFromBytes, addressToBytes } from '@ctrip/domain/address'
import { type Hash, hashFromBytes, hashToBytes } from '@ctrip/domain/hash'
import { hexFromBytes } from '@ctrip/domain/hex-digits'
import type { MinedAttempt, StrategyName } from '@ctrip/domain/sweep/sweep'
import type { Executor } from '../database/database'

/** A transaction of ours that collected a token, and which of its attempts was mined. */
export interface MinedCollection {
  readonly sender: Address
  readonly strategy: StrategyName
  readonly attempt: { readonly hash: Hash; readonly raw: `0x${string}` }
}

/**
 * All our transactions in a block that took a token into a treasury, settled or not, in the order of their hashes. A UNION, so
 * that each half has its index (sweep_transactions_open, sweep_transactions_not_final).
 */
export async function collectedInBlock(
  executor: Executor,
  terms: { readonly chainId: number; readonly contract: Address; readonly treasury: Address },
  { blockHash, blockNumber }: Pick<MinedAttempt, 'blockHash' | 'blockNumber'>,
): Promise<MinedCollection[]> {
  const { chainId, contract, treasury } = terms
  const rows = await executor.$queryRaw<{ sender: Uint8Array; strategy: string; hash: Uint8Array; raw: Uint8Array }[]>`
    WITH sent AS (
      SELECT * FROM sweep_transactions WHERE chain_id = ${chainId} AND status = 'mined' AND block_number = ${blockNumber}
      UNION ALL
      SELECT * FROM sweep_transactions
      WHERE chain_id = ${chainId} AND status IN ('confirmed', 'reverted') AND block_number = ${blockNumber}
    )
    SELECT sent.sender, sweeps.strategy, sweep_attempts.hash, sweep_attempts.raw
    FROM sent JOIN sweeps ON sweeps.id = sent.sweep_id
    JOIN sweep_attempts ON sweep_attempts.chain_id = sent.chain_id AND sweep_attempts.hash = sent.mined_hash
    WHERE sent.block_hash = ${hashToBytes(blockHash)} AND purpose = 'collect' AND NOT cancels
      AND asset_contract = ${addressToBytes(contract)} AND treasury = ${addressToBytes(treasury)}
    ORDER BY sweep_attempts.hash`
  return rows.map((row) => ({
    sender: addressFromBytes(row.sender),
    strategy: row.strategy as StrategyName,
    attempt: { hash: hashFromBytes(row.hash), raw: hexFromBytes(row.raw) },
  }))
}
