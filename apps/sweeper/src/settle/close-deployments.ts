import { contractsAt } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import { commit } from '@ctrip/db/leases/fenced-commit'
import type { StandingTransaction } from '@ctrip/db/sweeps/sweep-standing'
import { concludeTransactions, readOpenOf } from '@ctrip/db/sweeps/sweep-transactions'
import type { LeasedContext } from '../context/sweep-context'

/** Ends deployments whose block is deep enough; whether they did what they should, the code at their address says. */
export async function closeDeployments(
  context: LeasedContext,
  standings: readonly StandingTransaction[],
  isDeep: (blockNumber: number) => boolean,
): Promise<void> {
  const { chain, config, db } = context
  const canonical = new Set(
    standings.flatMap((one) => (one.standing === 'canonical' || one.standing === 'unknown' ? [one.transactionId] : [])),
  )
  for (const { id, sender, nonce, mined } of await readOpenOf(db.prisma, config.chainId, 'deploy')) {
    if (mined === null || !canonical.has(id) || !isDeep(mined.blockNumber)) continue
    const isThere = (await chain.code(contractsAt(sender, nonce).batcher)) !== '0x'
    await commit(context, 'sweep.deployed', (tx) => concludeTransactions(tx, [id], isThere ? 'confirmed' : 'reverted'))
  }
}
