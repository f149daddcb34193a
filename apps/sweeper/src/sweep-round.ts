import { readPause } from '@ctrip/db/sweeps/sweep-pauses'
import { readUnmined } from '@ctrip/db/sweeps/sweep-transactions'
import { readOpenSweeps } from '@ctrip/db/sweeps/sweeps'
import { inquire, type Round } from './context/round'
import type { Memory } from './context/round-memory'
import type { LeasedContext } from './context/sweep-context'
import { tellWaits } from './context/tell-waits'
import { answerOperator } from './operator/answer-operator'
import { planNow } from './operator/plan-now'
import { rescue } from './operator/rescue'
import { planSweeps } from './plan/plan-sweeps'
import { sendTransactions } from './send/send-transactions'
import { settleSweeps } from './settle/settle-sweeps'
import { type Advance, advanceSweeps } from './sign/advance-sweeps'
import { deployContracts } from './sign/deploy-contracts'
import { type Replacements, replaceOverdue } from './sign/replace-transaction'
import { SignerUnavailableError } from './signer/signer-client'
import { dropForeign } from './track/drop-foreign-nonces'
import { findMined, followBlocks } from './track/track-transactions'

/**
 * One round on a chain, phase by phase: track what was sent, settle what is confirmed, answer operators, plan, sign, send,
 * and replace what waits too long. Each phase reads its work from Postgres, so the next round, in this process or another,
 * continues a round that was cut off anywhere. Returns `more` if this round made progress.
 */
export async function sweepRound(context: LeasedContext, memory: Memory): Promise<'idle' | 'more'> {
  try {
    return await runPhases(context, memory)
  } finally {
    context.conditions.report(context.config.name, context.log)
  }
}

async function runPhases(context: LeasedContext, memory: Memory): Promise<'idle' | 'more'> {
  memory.noteHead(await context.chain.head())
  const settled = await follow(context, memory)
  const paused = await isPaused(context)
  const round = inquire(context, await unmined(context), memory)
  await unlessSignerIsAway(round, undefined, () => answerOperator(round))
  const signed = paused ? NOTHING_SIGNED : await unlessSignerIsAway(round, NOTHING_SIGNED, () => sign(round, memory))
  const waiting = await unmined(context)
  const sent = await sendTransactions(context, waiting, memory)
  await dropForeign(context, sent)
  const sweeps = await readOpenSweeps(context.db.prisma, context.config.chainId)
  const open = new Set(sweeps.map(({ id }) => id))
  const { replaced, looked, waits } = paused
    ? NOTHING_REPLACED
    : await unlessSignerIsAway(round, NOTHING_REPLACED, () => replaceOverdue(round, sweeps, waiting, sent, memory))
  const findings = { looked: new Set([...signed.looked, ...looked]), waits: new Map([...signed.waits, ...waits]), open }
  await tellWaits(round, findings, memory)
  memory.keepOnly(new Set(waiting.flatMap(({ attempts }) => attempts.map(({ hash }) => hash))), open)
  return settled + signed.moved + replaced > 0 ? 'more' : 'idle'
}

/** Without the signer nothing is signed; what was signed before is sent, followed and settled all the same. */
async function unlessSignerIsAway<T>({ conditions }: Round, otherwise: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (err) {
    if (!(err instanceof SignerUnavailableError)) throw err
    conditions.note({ level: 'warn', msg: 'sweep.signer_away', kind: err.name, fields: { err } })
    return otherwise
  }
}

async function follow(context: LeasedContext, memory: Memory): Promise<number> {
  const found = memory.hasNews ? await findMined(context, await unmined(context)) : 0
  const standings = await followBlocks(context)
  return found + (await settleSweeps(context, standings))
}

async function sign(round: Round, memory: Memory): Promise<Advance> {
  await planNow(round)
  const deployed = await deployContracts(round, memory)
  const rescued = await rescue(round)
  const planned = await planSweeps(round)
  const open = await readOpenSweeps(round.db.prisma, round.config.chainId)
  const advance = await advanceSweeps(round, open, memory)
  return { ...advance, moved: deployed + rescued + planned + advance.moved }
}

const NOTHING_SIGNED: Advance = { looked: new Set(), moved: 0, waits: new Map() }
const NOTHING_REPLACED: Replacements = { replaced: 0, looked: new Set(), waits: new Map() }

async function unmined({ db, config }: LeasedContext) {
  return readUnmined(db.prisma, config.chainId)
}

async function isPaused({ db, config }: LeasedContext): Promise<boolean> {
  return (await readPause(db.prisma, config.chainId)) !== null
}
