import { type Broadcast, type BroadcastOutcome, neededTip } from '@ctrip/chain/transactions/broadcast'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { markBroadcast } from '@ctrip/db/sweeps/sweep-transactions'
import { markSweepsBroadcast } from '@ctrip/db/sweeps/sweeps'
import { sweepEvents } from '@ctrip/domain/sweep/events'
import type { Attempt, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { emitEvents } from '@ctrip/use-cases/emit-events'
import { inParallel } from '../context/concurrency'
import type { Sent } from '../context/round'
import type { Memory } from '../context/round-memory'
import type { LeasedContext } from '../context/sweep-context'

const SENDERS_AT_ONCE = 16

/**
 * Sends what is signed and not mined to every provider, once for each new block until it is: nodes forget, and a node
 * that timed out may or may not have it. The same bytes always, so that nothing can happen twice. What its sender cannot pay
 * for is sent ever less often.
 */
export async function sendTransactions(
  context: LeasedContext,
  unmined: readonly SweepTransaction[],
  memory: Memory,
): Promise<Sent[]> {
  const due = unmined.filter(({ attempts: [newest] }) => newest !== undefined && isDue(memory, newest.hash))
  // The lower nonce first: a node that lacks it may not take the next.
  const lines = [...Map.groupBy(due, ({ sender }) => sender).values()]
  const results = (
    await inParallel(lines, SENDERS_AT_ONCE, async (line) => {
      const answers: Sent[] = []
      for (const transaction of line) answers.push(...(await send(context, transaction, memory)))
      return answers
    })
  ).flat()
  await noteBroadcast(context, results)
  return results
}

function isDue(memory: Memory, hash: Attempt['hash']): boolean {
  return !memory.wasSent(hash) && !memory.isResting(hash)
}

async function send(
  { chain, conditions }: LeasedContext,
  transaction: SweepTransaction,
  memory: Memory,
): Promise<Sent[]> {
  const [attempt] = transaction.attempts
  if (attempt === undefined) return []
  const broadcast = await chain.broadcast(attempt.raw)
  memory.noteSent(attempt.hash, broadcast.outcome === 'notTaken')
  learnTip(transaction, attempt, broadcast, memory)
  // A no-op that is refused has nothing to give way to.
  const isHopeless = broadcast.outcome === 'rejected' && attempt.cancels
  if (broadcast.outcome === 'insufficientFunds' || isHopeless) memory.noteUnpaid(attempt.hash)
  if (!REACHED.has(broadcast.outcome)) {
    const reasons = broadcast.answers.map(({ provider, reason }) => `${provider}: ${reason}`)
    const { sender, nonce } = transaction
    const fields = { tx_hash: attempt.hash, sender, nonce, outcome: broadcast.outcome, reasons }
    conditions.note({ level: 'warn', msg: 'sweep.not_accepted', kind: broadcast.outcome, fields })
  }
  return [{ transaction, attempt, broadcast }]
}

/** A tip that a node says it needs, or that is taken after a first one was refused, is what this chain asks. */
function learnTip(transaction: SweepTransaction, attempt: Attempt, broadcast: Broadcast, memory: Memory): void {
  const { id, attempts } = transaction
  // A replacement may be refused for offering too little more.
  if (broadcast.outcome === 'underpriced' && attempts.length === 1) memory.noteTipRefused(id)
  const needed = broadcast.outcome === 'underpriced' ? neededTip(broadcast) : null
  if (needed !== null) memory.noteNeededTip(needed)
  if (broadcast.outcome !== 'accepted') return
  if (memory.wasTipRefused(id)) memory.noteNeededTip(attempt.maxPriorityFeePerGas)
  memory.noteTipTaken(attempt.maxPriorityFeePerGas)
}

/** Outcomes after which a provider has the transaction, or another of its nonce is mined. */
const REACHED: ReadonlySet<BroadcastOutcome> = new Set(['accepted', 'alreadyKnown', 'nonceTooLow'])

async function noteBroadcast(context: LeasedContext, results: readonly Sent[]): Promise<void> {
  const news = results.filter(
    ({ transaction, broadcast }) => transaction.status === 'signed' && REACHED.has(broadcast.outcome),
  )
  if (news.length === 0) return
  const hashes = new Map(
    news.flatMap(({ transaction: { sweepId, purpose }, attempt }) =>
      sweepId !== null && purpose === 'collect' ? [[sweepId, attempt.hash] as const] : [],
    ),
  )
  await commit(context, 'sweep.broadcast', async (tx) => {
    const rows = news.map(({ transaction, attempt }) => ({ transactionId: transaction.id, hash: attempt.hash }))
    await markBroadcast(tx, context.config.chainId, rows)
    const moved = await markSweepsBroadcast(tx, [...hashes.keys()])
    const events = moved.flatMap((sweep) => sweepEvents('sweep.broadcast', sweep, hashes.get(sweep.id) ?? null))
    await emitEvents(tx, events)
  })
  if (hashes.size > 0) context.wakeRelay()
}
