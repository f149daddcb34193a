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

export async function isBlockAccepted(executor: Executor, chainId: number, hash: Hash): Promise<boolean> {
  const rows = await executor.$queryRaw<unknown[]>`
    SELECT 1 FROM accepted_blocks WHERE chain_id = ${chainId} AND hash = ${hashToBytes(hash)}`
  return rows.length > 0
}
