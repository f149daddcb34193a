import type { Pool } from 'pg'
import { POOL_TIMEOUT } from './errors'
import { poolAcquireDuration, poolConnections, poolPendingRequests, poolTimeouts } from './metrics'

/** Watches a pool: how long a connection takes to get, how many there are, and who waits. */
export function measurePool(pool: Pool): Pool {
  const connect = pool.connect.bind(pool)
  const measure = () => {
    const startedAt = performance.now()
    poolPendingRequests.set({}, pool.waitingCount)
    return (error: unknown): void => {
      poolAcquireDuration.observe({}, (performance.now() - startedAt) / 1000)
      if (error instanceof Error && error.message.startsWith(POOL_TIMEOUT)) poolTimeouts.inc({})
    }
  }
  const connectForTransaction = async () => {
    const measured = measure()
    const client = await connect().catch((error: unknown) => {
      measured(error)
      throw error
    })
    measured(undefined)
    return client
  }
  const connectForQuery = (callback: Parameters<typeof connect>[0]): void => {
    const measured = measure()
    connect((error, client, release) => {
      measured(error)
      callback(error, client, release)
    })
  }
  // A transaction asks for a promise; `pool.query` gives a callback, from within pg.
  pool.connect = ((callback?: Parameters<typeof connect>[0]) =>
    callback === undefined ? connectForTransaction() : connectForQuery(callback)) as typeof pool.connect

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
