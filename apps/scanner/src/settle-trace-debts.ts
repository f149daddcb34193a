import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { Transfer } from '@ctrip/chain/transfers'
import {
  dueTraceDebts,
  postponeTraceDebt,
  settleTraceDebt,
  type TraceDebt,
  type TraceFailure,
  writeOffTraceDebts,
} from '@ctrip/db/chains/trace-debts'
import { commit } from '@ctrip/db/leases/fenced-commit'
import type { LeaseKeeper } from '@ctrip/db/leases/lease-keeper'
import { reportChanges } from '@ctrip/use-cases/report-changes'
import type { ChainDeps, Writing } from './chain'
import { lockRecipients, recordPayments, toScannedBlock } from './record-block'
import { traceBlock } from './trace-block'

/** Blocks that are asked about at once. */
const DEBTS_AT_ONCE_MAX = 4
/** The time that a node has for the traces of a full block. */
const PATIENCE_MS = 30_000

/**
 * Asks again for the internal transfers of blocks that were committed without them, and records what they paid. Runs beside
 * scanning, so that a provider that takes its time delays no new block. Killed at any moment, the debt is still there.
 */
export async function settleTraceDebts(
  deps: ChainDeps,
  keeper: Pick<LeaseKeeper, 'current'>,
  signal: AbortSignal,
): Promise<'idle' | 'more'> {
  const lease = keeper.current()
  if (lease === null) return 'idle'
  const { chain, db, log } = deps
  if (chain.internalTransfers === 'none') {
    const count = await db.query('trace_debts.write_off', (prisma) => writeOffTraceDebts(prisma, chain.chainId))
    if (count > 0) log.warn({ chain: chain.name, blocks: count }, 'scanner.trace_debts_written_off')
    return 'idle'
  }
  const due = await db.query('trace_debts.due', (prisma) => dueTraceDebts(prisma, chain.chainId, DEBTS_AT_ONCE_MAX))
  const writing = { ...deps, lease, tracePatienceMs: PATIENCE_MS }
  for (const debt of due) await settle(writing, debt, signal)
  return due.length === DEBTS_AT_ONCE_MAX ? 'more' : 'idle'
}

async function settle(deps: Writing, debt: TraceDebt, signal: AbortSignal): Promise<void> {
  const { chain, db, log } = deps
  const outcome = await attempt(deps, debt, signal)
  if ('block' in outcome) return record(deps, outcome.block, outcome.transfers)
  await db.query('trace_debts.postpone', (prisma) => postponeTraceDebt(prisma, chain.chainId, debt, outcome))
  log.warn(
    { chain: chain.name, block: debt.number, attempts: debt.attempts + 1, ...outcome },
    'scanner.trace_debt_postponed',
  )
}

interface Settlement {
  readonly block: VerifiedBlock
  readonly transfers: readonly Transfer[]
}

async function attempt(deps: Writing, { hash }: TraceDebt, signal: AbortSignal): Promise<Settlement | TraceFailure> {
  const block = await fetchOwing(deps, hash, signal)
  if (!('hash' in block)) return block
  const traced = await traceBlock(deps, block, signal)
  switch (traced.kind) {
    case 'told':
      return { block, transfers: traced.transfers }
    case 'untraceable':
      return { reason: 'no provider traces any more', providers: [] }
    case 'owed':
      return traced.failure
  }
}

async function fetchOwing(
  { source }: Writing,
  hash: TraceDebt['hash'],
  signal: AbortSignal,
): Promise<VerifiedBlock | TraceFailure> {
  try {
    return (await source.fetchBlock({ hash }, signal)) ?? { reason: 'no provider has the block', providers: [] }
  } catch (error) {
    if (error instanceof RetryableRpcError || error instanceof PermanentRpcError)
      return { reason: error.message, providers: [error.provider] }
    throw error
  }
}

async function record(deps: Writing, block: VerifiedBlock, transfers: readonly Transfer[]): Promise<void> {
  const { chain, log } = deps
  const committed = await commit(deps, 'trace_debts.settle', async (tx) => {
    const recipients = await lockRecipients(tx, block, transfers)
    if (!(await settleTraceDebt(tx, chain.chainId, block.hash))) return null
    return recordPayments(tx, deps, toScannedBlock(block), recipients, null)
  })
  if (committed === null) return
  if (committed.results.length > 0) deps.wakeRelay()
  reportChanges(log, committed.results)
  log.info(
    { chain: chain.name, block: block.number, transfers: committed.recorded.length },
    'scanner.trace_debt_settled',
  )
}
