import { readPause } from '@ctrip/db/sweeps/sweep-pauses'
import { readUnmined } from '@ctrip/db/sweeps/sweep-transactions'
import { readOpenSweeps } from '@ctrip/db/sweeps/sweeps'
import { inquire, type Round } from './context/round'
import type { Memory } from './context/round-memory'
import type { LeasedContext } from './context/sweep-context'
import { answerOperator } from './operator/answer-operator'
import { planNow } from './operator/plan-now'
import { rescue } from './operator/rescue'
import { planSweeps } from './plan/plan-sweeps'
import { sendTransactions } from './send/send-transactions'
import { settleSweeps } from './settle/settle-sweeps'
import { advanceSweeps } from './sign/advance-sweeps'
import { deployContracts } from './sign/deploy-contracts'
import { replaceOverdue } from './sign/replace-transaction'
import { dropForeign } from './track/drop-foreign-nonces'
import { findMined, followBlocks } from './track/track-transactions'

/**
 * One round on a chain, phase by phase: track what was sent, settle what is confirmed, answer operators, plan, sign, send,
 * and replace what waits too long. Each phase reads its work from Postgres, so the next round, in this process or another,
 * continues a round that was cut off anywhere. Returns `more` if this round made progress.
 */
export async function sweepRound(context: LeasedContext, memory: Memory): Promise<'idle' | 'more'> {
  memory.noteHead(await context.chain.head())
  const settled = await follow(context, memory)
  const paused = await isPaused(context)
  const round = inquire(context, await unmined(context))
  await answerOperator(round)
  const signed = paused ? 0 : await sign(round, memory)
  const waiting = await unmined(context)
  const sent = await sendTransactions(context, waiting, memory)
  await dropForeign(context, sent)
  const sweeps = await readOpenSweeps(context.db.prisma, context.config.chainId)
  const replaced = paused ? 0 : await replaceOverdue(round, sweeps, waiting, sent, memory)
  memory.keepOnly(
    new Set(waiting.flatMap(({ attempts }) => attempts.map(({ hash }) => hash))),
    new Set(sweeps.map(({ id }) => id)),
  )
  return settled + signed + replaced > 0 ? 'more' : 'idle'
}

async function follow(context: LeasedContext, memory: Memory): Promise<number> {
  const found = memory.hasNews ? await findMined(context, await unmined(context)) : 0
  const standings = await followBlocks(context)
  return found + (await settleSweeps(context, standings))
}

async function sign(round: Round, memory: Memory): Promise<number> {
  await planNow(round)
  const deployed = await deployContracts(round)
  const rescued = await rescue(round)
  const planned = await planSweeps(round)
  return deployed + rescued + planned + (await advanceSweeps(round, memory))
}

async function unmined({ db, config }: LeasedContext) {
  return readUnmined(db.prisma, config.chainId)
}

async function isPaused({ db, config }: LeasedContext): Promise<boolean> {
  return (await readPause(db.prisma, config.chainId)) !== null
}
