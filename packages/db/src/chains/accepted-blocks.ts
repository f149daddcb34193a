import { type Hash, hashToBytes } from '@ctrip/domain/hash'
import type { Executor } from '../database/database'
import type { BlockRef } from './chain-state'

/** Notes that an operator takes a block that nobody could prove. False: it was accepted before. */
export async function acceptBlock(tx: Executor, chainId: number, block: BlockRef, reason: string): Promise<boolean> {
  const inserted = await tx.$executeRaw`
    INSERT INTO accepted_blocks (chain_id, hash, number, reason)
    VALUES (${chainId}, ${hashToBytes(block.hash)}, ${block.number}, ${reason})
    ON CONFLICT (chain_id, hash) DO NOTHING`
  return inserted === 1
}

/**
 * Withdraws an acceptance. False: there is none, or the block was committed meanwhile. Takes turns with the commit of a block by the row of
 * the chain's cursor, which both lock first.
 */
export async function withdrawBlock(tx: Executor, chainId: number, { hash, number }: BlockRef): Promise<boolean> {
  await tx.$queryRaw<unknown[]>`SELECT 1 FROM chain_state WHERE chain_id = ${chainId} FOR UPDATE`
  const deleted = await tx.$executeRaw`
    DELETE FROM accepted_blocks WHERE chain_id = ${chainId} AND hash = ${hashToBytes(hash)} AND number = ${number}
      AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocks.chain_id = ${chainId} AND blocks.hash = ${hashToBytes(hash)})`
  return deleted === 1
}

export async function isBlockAccepted(executor: Executor, chainId: number, hash: Hash): Promise<boolean> {
  const rows = await executor.$queryRaw<unknown[]>`
    SELECT 1 FROM accepted_blocks WHERE chain_id = ${chainId} AND hash = ${hashToBytes(hash)}`
  return rows.length > 0
}
