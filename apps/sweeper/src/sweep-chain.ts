import { watchHeads } from '@ctrip/chain/watch-heads'
import { LeaseLostError } from '@ctrip/db/database/errors'
import { keepLease } from '@ctrip/db/leases/lease-keeper'
import { gasWalletLease } from '@ctrip/db/leases/lease-names'
import type { Lease } from '@ctrip/db/leases/leases'
import { workLoop } from '@ctrip/service/work-loop'
import { Memory } from './context/round-memory'
import type { SweepContext } from './context/sweep-context'
import { replacements } from './metrics'
import { sweepRound } from './sweep-round'

const POLL_MS_MIN = 200
export const POLL_MS_MAX = 4_000

/** One chain's sweeper: works while it holds the lease of the chain's gas wallet, stands by otherwise. */
export interface ChainSweeper {
  start(): Promise<void>
  stop(): Promise<void>
  /** Whether this process holds the lease. */
  leads(): boolean
  /** There may be something to collect. */
  wake(): void
}

export function sweepChain(context: SweepContext, owner: string): ChainSweeper {
  const { config, db, log } = context
  replacements.inc({ chain: config.name }, 0) // there from the start, so that the first increase is seen
  const stopping = new AbortController()
  const memory = new Memory()
  const keeper = keepLease(db, {
    name: gasWalletLease(config.chainId),
    owner,
    onChange: (held) => {
      log.info({ chain: config.name, held }, 'sweeper.lease')
      if (held) loop.wake()
    },
    onError: (err) => log.warn({ err, chain: config.name }, 'sweeper.lease_failed'),
  })
  const loop = workLoop({
    name: `sweep:${config.name}`,
    job: 'sweep_chain',
    intervalMs: Math.min(POLL_MS_MAX, Math.max(POLL_MS_MIN, config.blockTimeMs / 2)),
    log,
    run: () => lead(context, keeper.current(), memory),
  })
  return {
    async start() {
      await keeper.start()
      loop.start()
      const { providers, blockTimeMs } = config
      watchHeads({ providers, blockTimeMs, signal: stopping.signal, wake: loop.wake })
    },
    async stop() {
      stopping.abort()
      await loop.stop()
      await keeper.stop()
    },
    leads: () => keeper.current() !== null,
    wake: loop.wake,
  }
}

/** A round, while the lease is held. Losing it in the middle is no failure: nothing was committed, and another goes on. */
async function lead(context: SweepContext, lease: Lease | null, memory: Memory): Promise<'idle' | 'more'> {
  if (lease === null) return 'idle'
  try {
    return await sweepRound({ ...context, lease }, memory)
  } catch (error) {
    if (!(error instanceof LeaseLostError)) throw error
    context.log.warn({ chain: context.config.name, err: error }, 'sweeper.lease_lost')
    return 'idle'
  }
}
