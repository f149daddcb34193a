import { decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { readTransactionsOf } from '@ctrip/db/sweeps/sweep-transactions'
import type { SweepId } from '@ctrip/domain/ids'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { isTakenOut } from '../context/asset-rules'
import { inParallel } from '../context/concurrency'
import { giveUpSweep } from '../context/give-up-sweep'
import { attempt, isolate } from '../context/isolate'
import { outlayOf, type Round } from '../context/round'
import type { Memory } from '../context/round-memory'
import { readHistory } from '../context/sweep-history'
import type { WaitReasons } from '../context/tell-waits'
import type { Step } from '../strategies/strategy'
import { strategyNamed } from '../strategies/strategy-named'
import { signForSweep } from './sign-transaction'

const QUESTIONS_AT_ONCE = 8

/** Sweeps of which nothing is in flight, how many came a step further, and why others did not. */
export interface Advance {
  readonly looked: ReadonlySet<SweepId>
  readonly moved: number
  readonly waits: WaitReasons
}

/** Signs what each open sweep needs next. */
export async function advanceSweeps(round: Round, open: readonly Sweep[], memory: Memory): Promise<Advance> {
  const sweeps = open.filter(({ id }) => !memory.isStalled(id))
  const ids = sweeps.map(({ id }) => id)
  const bySweep = Map.groupBy(await readTransactionsOf(round.db.prisma, ids), ({ sweepId }) => sweepId)
  const steps = await inParallel(sweeps, QUESTIONS_AT_ONCE, (sweep) =>
    isolate(round, { sweep_id: sweep.id }, () => nextStep(round, sweep, bySweep.get(sweep.id) ?? [])),
  )
  const waits = new Map<SweepId, WaitReason>()
  let moved = 0
  // One after the other: nonces of the gas wallet follow each other.
  for (const [at, sweep] of sweeps.entries()) {
    const step = steps[at] ?? { kind: 'wait', reason: null }
    const tried = await attempt(round, { sweep_id: sweep.id }, () => take(round, sweep, step))
    const refused = !tried.ok && tried.reason === 'refused_by_signer' ? tried.reason : null
    const taken = tried.ok ? tried.value : refused
    if (taken === 'moved') moved++
    else memory.noteStalled(sweep.id)
    if (taken !== 'moved' && taken !== null) waits.set(sweep.id, taken)
  }
  const isInFlight = (id: SweepId) => (bySweep.get(id) ?? []).some(isUnmined)
  return { looked: new Set(ids.filter((id) => !isInFlight(id))), moved, waits }
}

/**
 * A signed transaction is followed to its end, whatever the configuration says meanwhile. Nothing more is signed for a
 * treasury or a token that is no longer configured: the money is planned anew, or waits for the token to come back.
 */
async function nextStep(round: Round, sweep: Sweep, transactions: readonly SweepTransaction[]): Promise<Step> {
  const isWaitedFor = transactions.some((transaction) => transaction.purpose === 'collect' || isUnmined(transaction))
  if (isWaitedFor) return { kind: 'wait', reason: null }
  if (sweep.treasury !== round.config.treasury) return { kind: 'give_up', reason: 'treasury_changed' }
  if (isTakenOut(round, sweep)) return { kind: 'give_up', reason: 'asset_not_configured' }
  if ((await round.market()).kind === 'unknown') return { kind: 'wait', reason: 'fees_unknown' }
  const step = await strategyNamed(sweep.strategy).next(round, sweep, await readHistory(round, sweep, transactions))
  const asksForMore = step.kind === 'sign' && step.draft.purpose === 'top_up'
  return asksForMore && !(await showsTopUps(round, transactions))
    ? { kind: 'wait', reason: 'less_than_recorded' }
    : step
}

/**
 * Whether the chain shows at least what this sweep's mined top-ups handed over: nothing has left the address since. A node that is
 * behind, or lies, would otherwise have us top up the same address in every block.
 */
async function showsTopUps({ chain }: Round, transactions: readonly SweepTransaction[]): Promise<boolean> {
  const handedOver = transactions.flatMap(({ purpose, mined, attempts }) => {
    const attempt = attempts.find(({ hash }) => hash === mined?.hash)
    return purpose === 'top_up' && attempt !== undefined ? [decodeTransaction(attempt.raw)] : []
  })
  const [first] = handedOver
  if (first === undefined || first.to === null) return true
  const total = handedOver.reduce((wei, { value }) => wei + value, 0n)
  return (await chain.balance(first.to)) >= total
}

function isUnmined({ status }: SweepTransaction): boolean {
  return status === 'signed' || status === 'broadcast'
}

async function take(round: Round, sweep: Sweep, step: Step): Promise<'moved' | WaitReason | null> {
  switch (step.kind) {
    case 'wait':
      return step.reason
    case 'give_up':
      await giveUpSweep(round, sweep, step.reason)
      return 'moved'
    case 'sign':
      // A day has a cost limit of its own, whatever a sweep is worth.
      if (!(await round.allowance()).take(outlayOf(step.draft))) return 'daily_limit_reached'
      await signForSweep(round, sweep, step.draft)
      return 'moved'
  }
}
