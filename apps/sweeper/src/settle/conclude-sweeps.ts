import type { Executor } from '@ctrip/db/database/database'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { lockPayments } from '@ctrip/db/payments/payments'
import { clearWaits } from '@ctrip/db/sweeps/collection-waits'
import { concludeTransactions } from '@ctrip/db/sweeps/sweep-transactions'
import { type SweepResult, concludeSweeps as writeResults } from '@ctrip/db/sweeps/sweeps'
import { markCollected, uncollectedBefore } from '@ctrip/db/sweeps/uncollected'
import { type Amount, amount, ZERO } from '@ctrip/domain/amount'
import { attribute, shares } from '@ctrip/domain/sweep/attribute'
import { sweepEvents } from '@ctrip/domain/sweep/events'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Sweep } from '@ctrip/domain/sweep/sweep'
import { inAnchoredSpan, traceFields } from '@ctrip/telemetry/spans'
import { type ChangeResult, changePayments } from '@ctrip/use-cases/change-payments'
import { emitEvents } from '@ctrip/use-cases/emit-events'
import { reportChanges } from '@ctrip/use-cases/report-changes'
import { noteFailures } from '../context/give-up-sweep'
import type { LeasedContext } from '../context/sweep-context'
import * as metrics from '../metrics'
import type { Outcome, Taken } from './read-outcome'

const ACTOR = 'sweeper'
/** Tokens that count in shares leave a unit or two behind by rounding: less than a millionth is no part that stayed. */
const STAYED_FRACTION = 1_000_000n

/**
 * Writes what confirmed sweeps took, and lets their payments settle: sweep, transfers, payments and events in one commit.
 * The payments are locked first, in the order of their ids, as everyone who changes payments does.
 */
export async function concludeSweeps(context: LeasedContext, outcomes: readonly Outcome[]): Promise<void> {
  if (outcomes.length === 0) return
  const paymentIds = outcomes.flatMap(({ sweep }) => sweep.items.map((item) => item.paymentId))
  const { changes, sweeps } = await commit(context, 'sweep.conclude', async (tx) => {
    await lockPayments(tx, paymentIds)
    const written = await writeResults(tx, outcomes.map(resultOf))
    const results: ChangeResult[] = []
    for (const outcome of outcomes) results.push(...(await settle(tx, outcome)))
    await tellMerchants(tx, outcomes, written)
    return { changes: results, sweeps: written }
  })
  context.wakeRelay()
  reportChanges(context.log, changes)
  for (const sweep of sweeps) report(context, sweep)
}

/** Gas and fees are everything that was spent for the sweep, shared equally by those that gave something. */
function resultOf(outcome: Outcome): SweepResult {
  const { sweep, transactions, taken } = outcome
  const gas = transactions.reduce((total, { mined }) => total + (mined?.gasUsed ?? 0n), 0n)
  const fees = transactions.reduce((total, { mined }) => total + (mined?.feePaid ?? 0n), 0n)
  const bearers = taken.length > 0 ? taken.map(({ item }) => item) : sweep.items
  const gasShares = shares(gas, bearers.length)
  const feeShares = shares(fees, bearers.length)
  const failure = failureOf(outcome)
  const items = sweep.items.map((item) => {
    const bearer = bearers.indexOf(item)
    const one = taken.find((given) => given.item === item)
    return {
      address: item.address,
      collected: one?.amount ?? ZERO,
      gasShare: gasShares[bearer] ?? ZERO,
      feeShare: feeShares[bearer] ?? ZERO,
      tokenFee: one === undefined ? ZERO : tokenFee(one),
      reason: one === undefined ? failure : shortfallOf(one),
    }
  })
  if (taken.some(hasArrived)) return { id: sweep.id, status: 'confirmed', reason: null, items }
  return { id: sweep.id, status: 'failed', reason: taken.length > 0 ? 'nothing_arrived' : failure, items }
}

function hasArrived({ amount: arrived }: Taken): boolean {
  return arrived > ZERO
}

/** The amount that left the address and never reached the treasury. For native coin that is gas, which has its own share. */
function tokenFee({ left, amount: arrived, gas }: Taken): Amount {
  return gas === null ? amount(left - arrived) : ZERO
}

/** Why an address that gave something did not give all; null where it did. */
function shortfallOf(one: Taken): WaitReason | null {
  if (!hasArrived(one)) return 'nothing_arrived'
  return one.stayed > (one.left + one.stayed) / STAYED_FRACTION ? 'partly_moved' : null
}

function failureOf({ attempt, succeeded }: Outcome): WaitReason {
  if (attempt.cancels) return 'canceled'
  return succeeded ? 'nothing_moved' : 'reverted'
}

async function settle(tx: Executor, outcome: Outcome): Promise<ChangeResult[]> {
  const { sweep, collecting, mined, taken, succeeded, delegations } = outcome
  await concludeTransactions(tx, [collecting.id], succeeded ? 'confirmed' : 'reverted')
  const byEffect = Map.groupBy(delegations, ({ isInEffect }) => (isInEffect ? 'confirmed' : 'dropped'))
  for (const [status, ended] of byEffect) {
    await concludeTransactions(
      tx,
      ended.map(({ transactionId }) => transactionId),
      status,
    )
  }
  for (const one of taken.filter(hasArrived)) {
    const before = await uncollectedBefore(tx, sweep.chainId, one.item.address, sweep.asset, one.at)
    await markCollected(tx, sweep.id, attribute(before, one))
  }
  await noteWaits(tx, outcome)
  const ids = taken.filter(hasArrived).map(({ item }) => item.paymentId)
  const cause = { actor: ACTOR, blockNumber: mined.blockNumber, txHash: mined.hash }
  return inAnchoredSpan(
    'sweep.confirmed',
    { anchor: sweep.traceAnchor, attributes: { 'ctrip.chain': sweep.chain } },
    () => changePayments(tx, ids, () => ({ kind: 'sweep_confirmed' }), cause),
  )
}

/** An item that gave nothing, or only a part, is tried again after a growing delay: each try costs gas, and so many tries at most. */
async function noteWaits(tx: Executor, outcome: Outcome): Promise<void> {
  const { sweep, taken } = outcome
  const feeShares = new Map(resultOf(outcome).items.map(({ address, feeShare }) => [address, feeShare]))
  const reasons = Map.groupBy(sweep.items, (item) => {
    const one = taken.find((given) => given.item === item)
    return one === undefined ? failureOf(outcome) : shortfallOf(one)
  })
  for (const [reason, items] of reasons) {
    if (reason !== null) {
      const failed = items.map((item) => ({ item, feeShare: feeShares.get(item.address) ?? ZERO }))
      await noteFailures(tx, sweep, failed, { reason, isMined: reason === 'partly_moved' ? null : true })
    } else
      await clearWaits(
        tx,
        sweep.chainId,
        sweep.asset,
        items.map(({ address }) => address),
      )
  }
}

async function tellMerchants(tx: Executor, outcomes: readonly Outcome[], sweeps: readonly Sweep[]): Promise<void> {
  const hashes = new Map(outcomes.map(({ sweep, mined }) => [sweep.id, mined.hash]))
  const events = sweeps.flatMap((sweep) =>
    sweepEvents(sweep.status === 'confirmed' ? 'sweep.confirmed' : 'sweep.failed', sweep, hashes.get(sweep.id) ?? null),
  )
  await emitEvents(tx, events)
}

function report({ log }: LeasedContext, sweep: Sweep): void {
  const { chain, strategy } = sweep
  const asset = sweep.asset.symbol
  metrics.sweeps.inc({ chain, asset, strategy, outcome: sweep.status })
  const durationMs = Date.now() - sweep.createdAt.getTime()
  metrics.sweepDuration.observe({ chain, asset }, durationMs / 1000, sweep.traceAnchor)
  for (const { gasShare } of sweep.items) {
    if (gasShare === null || gasShare === 0n) continue
    metrics.sweepGasUsed.observe({ chain, strategy }, Number(gasShare), sweep.traceAnchor)
  }
  log.info(
    {
      ...traceFields(sweep.traceAnchor),
      sweep_id: sweep.id,
      chain: sweep.chain,
      status: sweep.status,
      reason: sweep.reason,
      duration_ms: durationMs,
    },
    sweep.status === 'confirmed' ? 'sweep.confirmed' : 'sweep.failed',
  )
}
