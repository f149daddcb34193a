import type { Database } from '../database/database'
import { transaction } from '../database/transaction'

/**
 * Whether this wallet is the one that the database's addresses were issued from; the first ever asked about becomes it.
 * Services ask at start and refuse to run on a no: an address that cannot be swept is lost money.
 */
export async function adoptWallet(db: Database, fingerprint: string): Promise<boolean> {
  return transaction(db, 'wallet.adopt', async (tx) => {
    await tx.$executeRaw`LOCK TABLE wallets IN SHARE ROW EXCLUSIVE MODE`
    await tx.$executeRaw`
      INSERT INTO wallets (fingerprint) SELECT ${fingerprint} WHERE NOT EXISTS (SELECT 1 FROM wallets)`
    const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM wallets WHERE fingerprint = ${fingerprint}`
    return rows.length > 0
  })
}
