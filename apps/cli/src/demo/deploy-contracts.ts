import { requestDeployment } from '@ctrip/db/chains/operator-requests'
import { openDatabase } from '@ctrip/db/database/database'
import type { StackDescriptor } from '@ctrip/local-stack/stack-descriptor'

const SLOW_QUERY_MS = 5_000

/**
 * Asks, as `ctrip sweeper deploy` does, for the contracts that collect tokens in batches: on chains of our own only, where
 * gas costs nothing. The sweeper deploys beside all else; where they are already, it does nothing.
 */
export async function deployOnOwnChains({ postgres, chains }: StackDescriptor): Promise<void> {
  const db = openDatabase({ url: postgres.url, applicationName: 'ctrip', poolSize: 1, slowQueryMs: SLOW_QUERY_MS })
  try {
    for (const { chain_id: chainId, pid } of chains) if (pid !== null) await requestDeployment(db.prisma, chainId)
  } finally {
    await db.close()
  }
}
