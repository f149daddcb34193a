import type { Pool } from 'pg'
import { POOL_TIMEOUT } from './errors'
import { poolAcquireDuration, poolConnections, poolPendingRequests, poolTimeouts } from './metrics'

/** Watches a pool: how long a connection takes to get, how many there are, and who waits. */
export function measurePool(pool: Pool): Pool {
  const connect = pool.connect.bind(pool)
  const acquire = async () => {
    const startedAt = performance.now()
    poolPendingRequests.set({}, pool.waitingCount)
    try {
      return await connect()
    } catch (error) {
      if (error instanceof Error && error.message.startsWith(POOL_TIMEOUT)) poolTimeouts.inc({})
      throw error
    } finally {
      poolAcquireDuration.observe({}, (performance.now() - startedAt) / 1000)
    }
  }
  // pg calls `connect` with a callback from within `query`; only the promise form is measured, which is what the adapter uses.
  pool.connect = ((callback?: Parameters<typeof connect>[0]) =>
    callback === undefined ? acquire() : connect(callback)) as typeof pool.connect

  const refresh = (): void => {
    poolConnections.set({ state: 'active' }, pool.totalCount - pool.idleCount)
    poolConnections.set({ state: 'idle' }, pool.idleCount)
    poolPendingRequests.set({}, pool.waitingCount)
  }
  for (const change of ['connect', 'acquire', 'release', 'remove'] as const) pool.on(change, refresh)
  // An idle connection that breaks is no one's request: the pool has dropped it, and the next request says if Postgres is away.
  pool.on('error', refresh)
  return pool
}
