import { askHeads } from '@ctrip/chain/head'
import type { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { watchHeads } from '@ctrip/chain/watch-heads'
import { hasTraceDebts } from '@ctrip/db/chains/trace-debts'
import { keepLease, type LeaseKeeper } from '@ctrip/db/leases/lease-keeper'
import { writerLease } from '@ctrip/db/leases/lease-names'
import { type WorkLoop, workLoop } from '@ctrip/service/work-loop'
import { backfillBlocks } from './backfill'
import type { ChainDeps, Writing } from './chain'
import { confirmPayments } from './confirm-payments'
import { cursorQuorum } from './cursor-quorum'
import { expirePayments } from './expire-payments'
import { finalizeBlocks } from './finalize-blocks'
import * as metrics from './metrics'
import { observeChain } from './observe-chain'
import { READ_RATES_EVERY_MS, readRates } from './read-rates'
import { scanBlocks } from './scan-blocks'
import { settleTraceDebts } from './settle-trace-debts'

const POLL_MS_MIN = 200
const POLL_MS_MAX = 4_000
const DEBTS_LOOKED_AT_MS = 1_000
/** Four blocks, each with the patience of many providers. */
const DEBTS_STALL_AFTER_MS = 3_600_000
/** While traces do not come, new blocks wait no longer for theirs than this. */
const TRACE_PATIENCE_IN_DEBT_MS = 1_000

/** One chain's scanner: works while it holds the chain's lease, stands by otherwise, so chains spread over replicas. */
export interface ChainScanner {
  start(): Promise<void>
  stop(): Promise<void>
}

export function scanChain(deps: Omit<ChainDeps, 'report'>, owner: string, pool: RpcPool): ChainScanner {
  const { chain, log } = deps
  const stopping = new AbortController()
  metrics.reorgs.inc({ chain: chain.name }, 0) // there from the start, so that the first increase is seen
  const keeper: LeaseKeeper = keepLease(deps.db, {
    name: writerLease(chain.chainId),
    owner,
    onChange: (held) => {
      log.info({ chain: chain.name, held }, 'scanner.lease')
      if (!held) return
      loop.wake()
      rates.wake()
    },
    onError: (err) => log.warn({ err, chain: chain.name }, 'scanner.lease_failed'),
  })
  const observer = observeChain({
    ...{ chain, db: deps.db, log },
    ask: (signal) => askHeads(pool, signal),
    isWriter: () => keeper.current() !== null,
  })
  const loop: WorkLoop = workLoop({
    name: `scan:${chain.name}`,
    job: 'scan_chain',
    intervalMs: Math.min(POLL_MS_MAX, Math.max(POLL_MS_MIN, chain.blockTimeMs / 2)),
    log,
    run: (signal) => scanCycle({ ...deps, report: observer.report }, keeper, signal),
  })
  const debts: WorkLoop = workLoop({
    name: `trace:${chain.name}`,
    job: 'settle_trace_debts',
    intervalMs: DEBTS_LOOKED_AT_MS,
    stallAfterMs: DEBTS_STALL_AFTER_MS,
    log,
    run: (signal) => settleTraceDebts({ ...deps, report: observer.report }, keeper, signal),
  })
  const rates: WorkLoop = workLoop({
    name: `rates:${chain.name}`,
    job: 'read_rates',
    intervalMs: READ_RATES_EVERY_MS,
    log,
    run: (signal) => readRates(deps, pool, keeper, signal),
  })
  return {
    async start() {
      await keeper.start()
      observer.start()
      loop.start()
      debts.start()
      rates.start()
      watchHeads({
        providers: chain.providers,
        blockTimeMs: chain.blockTimeMs,
        signal: stopping.signal,
        wake: loop.wake,
      })
    },
    async stop() {
      stopping.abort()
      await Promise.all([loop.stop(), debts.stop(), rates.stop(), observer.stop()])
      await keeper.stop()
    },
  }
}

/**
 * Scan, confirm, expire, finalise: each step looks at Postgres for what it should do, so none is lost with a process. Reports how
 * it ends, before it throws.
 */
export async function scanCycle(
  deps: ChainDeps,
  keeper: Pick<LeaseKeeper, 'current'>,
  signal: AbortSignal,
): Promise<'idle' | 'more'> {
  const lease = keeper.current()
  if (lease === null) return 'idle'
  try {
    return await workOnChain({ ...deps, lease, ...(await tracePatience(deps)) }, signal)
  } catch (error) {
    if (!signal.aborted) deps.report.failed(error)
    throw error
  }
}

/** Missing traces are requested again beside scanning, so that new blocks do not wait long. */
async function tracePatience({ chain, db }: ChainDeps): Promise<Pick<Writing, 'tracePatienceMs'>> {
  const inDebt = await db.query('trace_debts.any', (prisma) => hasTraceDebts(prisma, chain.chainId))
  return inDebt ? { tracePatienceMs: TRACE_PATIENCE_IN_DEBT_MS } : {}
}

async function workOnChain(writing: Writing, signal: AbortSignal): Promise<'idle' | 'more'> {
  const { report } = writing
  const scanned = await scanBlocks(writing, signal)
  if (scanned === null || scanned.state.haltedReason !== null) return 'idle'
  const { state, more, waits, isSplit } = scanned
  const { hasQuorum, isMissing } = cursorQuorum(writing, state, signal)
  report.step('confirming payments')
  const confirming = await confirmPayments(writing, state, hasQuorum, signal)
  report.step('expiring payments')
  const expiring = await expirePayments(writing, state, hasQuorum)
  report.step('finalizing blocks')
  await finalizeBlocks(writing, state, hasQuorum, signal)
  report.step('scanning blocks again')
  const backfilling = await backfillBlocks(writing, state, signal)
  if (isSplit && !isMissing()) await hasQuorum()
  if (!waits && !isMissing()) report.succeeded()
  return more || confirming || expiring || backfilling ? 'more' : 'idle'
}
