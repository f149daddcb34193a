import { type Hash, hashFromBytes, hashToBytes } from '@ctrip/domain/hash'
import type { Database } from '../database/database'

/** Keeps the hash of a chain's first block: the first that is given stays, whoever comes later. */
export interface KeptGenesis {
  read(): Promise<Hash | null>
  remember(hash: Hash): Promise<Hash>
}

export function keptGenesis(db: Database, chainId: number): KeptGenesis {
  const read = async () => {
    const row = await db.query('chain_identity.read', (prisma) =>
      prisma.chain_identities.findUnique({ where: { chain_id: chainId } }),
    )
    return row === null ? null : hashFromBytes(row.genesis_hash)
  }
  return {
    read,
    async remember(hash) {
      await db.query(
        'chain_identity.remember',
        (prisma) => prisma.$executeRaw`
          INSERT INTO chain_identities (chain_id, genesis_hash) VALUES (${chainId}, ${hashToBytes(hash)})
          ON CONFLICT (chain_id) DO NOTHING`,
      )
      return (await read()) ?? hash
    },
  }
}
