import { readPause } from '@ctrip/db/sweeps/sweep-pauses'
import { readUnmined } from '@ctrip/db/sweeps/sweep-transactions'
import { readOpenSweeps } from '@ctrip/db/sweeps/sweeps'
import { advanceSweeps } from './advance-sweeps'
import { answerOperator } from './answer-operator'
import { deployContracts } from './deploy-contracts'
import { dropForeign } from './drop-foreign'
import type { Memory } from './memory'
import { planNow } from './plan-now'
import { planSweeps } from './plan-sweeps'
import { replaceOverdue } from './replace-transaction'
import { rescue } from './rescue'
import { inquire, type Round } from './round'
import { sendTransactions } from './send-sweep'
import { settleSweeps } from './settle-sweeps'
import type { LeasedContext } from './sweep-context'
import { findMined, followBlocks } from './track-sweep'

/**
 * One round on a chain: follow what was sent, end what is confirmed, plan what is to be collected, sign what is next, send
 * what is signed. Each step works from what Postgres says, so that a round cut off anywhere is continued by the next, in
 * this process or another.
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
