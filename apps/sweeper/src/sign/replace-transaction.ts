import type { BroadcastOutcome } from '@ctrip/chain/transactions/broadcast'
import { isBelowMarket } from '@ctrip/chain/transactions/fee-market'
import type { Fees } from '@ctrip/chain/transactions/fees'
import { unreachable } from '@ctrip/domain/assert'
import type { SweepId } from '@ctrip/domain/ids'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import { isOverdue, maySignAgain, type NodeVerdict, type Reaction, reactTo } from '@ctrip/domain/sweep/replacement'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { isolate } from '../context/isolate'
import type { Round, Sent } from '../context/round'
import type { Memory } from '../context/round-memory'
import type { WaitReasons } from '../context/tell-waits'
import { replacements } from '../metrics'
import { replacementFees } from './replacement-fees'
import { cancel, fillGap, signAgain, signRecosted } from './sign-instead'
import { type Answered, type Waiting, waitingLines } from './waiting'

/** How many were signed, and of the sweeps that were looked at, why others were not. */
export interface Replacements {
  readonly replaced: number
  readonly looked: ReadonlySet<SweepId>
  readonly waits: WaitReasons
}

/** One round's share of a long line; the rest come in the next, at once. */
const REPLACED_PER_LINE_MAX = 64

/**
 * Signs again for the same nonce if a transaction has waited too long, or no node takes it, so that only one of them is ever mined.
 * The reason decides the reaction (`reactTo`). No signature breaks a limit: a draft that would waits, and its sweep says why. A line
 * that a jump of the base fee has left behind is raised as a whole, not one nonce a block.
 */
export async function replaceOverdue(
  round: Round,
  sweeps: readonly Sweep[],
  unmined: readonly SweepTransaction[],
  sent: readonly Sent[],
  memory: Memory,
): Promise<Replacements> {
  const waits = new Map<SweepId, WaitReason>()
  const looked = new Set<SweepId>()
  let replaced = 0
  for (const line of waitingLines(sweeps, unmined, sent)) {
    const answered = await answerLine(round, line, memory)
    replaced += answered.replaced
    for (const id of answered.looked) looked.add(id)
    for (const [id, reason] of answered.waits) waits.set(id, reason)
  }
  return { replaced, looked, waits }
}

async function answerLine(round: Round, line: readonly Waiting[], memory: Memory) {
  const waits: [SweepId, WaitReason][] = []
  let replaced = 0
  const due = (await decide(round, line, memory)).slice(0, REPLACED_PER_LINE_MAX)
  const seen = [...line.filter((one) => one.sent !== null), ...due.map(({ waiting }) => waiting)]
  for (const { waiting, reaction } of due) {
    const { sweepId } = waiting.transaction
    const answered = await isolate(round, { sweep_id: sweepId }, () => answer(round, waiting, reaction, line[0]))
    if (answered === 'signed') {
      memory.endRest(waiting.newest.hash)
      replaced++
    } else if (answered !== null) {
      // Transactions behind it in its line wait for the same reason.
      for (const { sweep } of line.slice(line.indexOf(waiting))) if (sweep !== null) waits.push([sweep.id, answered])
      break
    }
  }
  return { replaced, looked: seen.flatMap(({ sweep }) => sweep?.id ?? []), waits }
}

interface Decided {
  readonly waiting: Waiting
  readonly reaction: Exclude<Reaction, 'leave'>
}

async function decide(round: Round, line: readonly Waiting[], memory: Memory): Promise<Decided[]> {
  const { blockTimeMs } = round.config
  const now = round.now()
  const market = await round.market()
  return line.flatMap((waiting, at) => {
    const { newest, sent, signed } = waiting
    const reaction = reactTo({
      verdict:
        sent === null ? (memory.wasNotTaken(newest.hash) ? 'notTaken' : null) : verdictOf(sent.broadcast.outcome),
      isFirst: at === 0,
      isOverdue: isOverdue(newest.signedAt, now, blockTimeMs),
      maySignAgain: maySignAgain(newest.signedAt, now, blockTimeMs),
      isResting: memory.isResting(newest.hash),
      isBelowMarket: isBelowMarket(signed.fees, market),
      cancels: newest.cancels,
    })
    return reaction === 'leave' ? [] : [{ waiting, reaction }]
  })
}

async function answer(
  round: Round,
  waiting: Waiting,
  reaction: Decided['reaction'],
  first: Waiting | undefined,
): Promise<Answered> {
  const { transaction, newest } = waiting
  const { sweepId, nonce, sender } = transaction
  if ((await round.market()).kind === 'unknown') return 'fees_unknown'
  const used = await round.chain.nonce(sender)
  // Mined a moment ago, perhaps: then there is nothing to replace.
  if (used > nonce) return null
  // No price helps what waits for another nonce.
  const isGap = waiting === first && used < nonce
  const isNoOp = isGap || reaction === 'cancel' || newest.cancels
  const action = isGap ? 'fill_gap' : isNoOp && reaction !== 'hold' ? 'cancel' : reaction
  if (action === 'hold') return 'refused_by_nodes'
  const offer = await replacementFees(round, waiting, reaction, isNoOp)
  const answered =
    offer.kind === 'fees'
      ? await actOn(round, waiting, action, offer.fees)
      : await giveWay(round, waiting, reaction, offer.reason)
  if (answered !== 'signed') return answered
  replacements.inc({ chain: round.config.name })
  round.log.info({ chain: round.config.name, sweep_id: sweepId, nonce, reason: reaction }, 'sweep.replaced')
  return 'signed'
}

async function actOn(
  round: Round,
  waiting: Waiting,
  action: Exclude<Decided['reaction'], 'hold'> | 'fill_gap',
  fees: Fees,
): Promise<Answered> {
  switch (action) {
    case 'raise':
    case 'raise_refused':
      return signAgain(round, waiting, fees)
    case 'recost':
      return signRecosted(round, waiting, fees)
    case 'cancel':
      return cancel(round, waiting, fees)
    case 'fill_gap':
      return fillGap(round, waiting, fees)
    default:
      return unreachable(action)
  }
}

/** Reasons that lie with a transaction's money and not with the chain. */
const OF_ITS_MONEY: ReadonlySet<WaitReason> = new Set(['fee_too_high', 'asset_not_configured'])

/** A transaction that became too dear for its money, or whose asset is no longer configured, is replaced by a no-op if others wait behind it. */
async function giveWay(round: Round, waiting: Waiting, reaction: Reaction, reason: WaitReason): Promise<Answered> {
  if (!OF_ITS_MONEY.has(reason) || !waiting.blocksOthers || reaction === 'recost') return reason
  const offer = await replacementFees(round, waiting, reaction, true)
  return offer.kind === 'fees' ? cancel(round, waiting, offer.fees) : offer.reason
}

function verdictOf(outcome: BroadcastOutcome): NodeVerdict {
  switch (outcome) {
    case 'accepted':
    case 'alreadyKnown':
    case 'nonceTooLow':
      return 'taken'
    case 'underpriced':
    case 'feeBelowBase':
      return 'tooCheap'
    case 'insufficientFunds':
      return 'notEnoughCoin'
    case 'notTaken':
      return 'notTaken'
    case 'rejected':
      return 'refused'
    case 'unknown':
      return 'unknown'
    default:
      return unreachable(outcome)
  }
}
