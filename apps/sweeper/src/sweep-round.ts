import { readPause } from '@ctrip/db/sweep-pauses'
import { readUnmined } from '@ctrip/db/sweep-transactions'
import { readOpenSweeps } from '@ctrip/db/sweeps'
import { advanceSweeps } from './advance-sweeps'
import { sweepsPaused } from './metrics'
import { planSweeps } from './plan-sweeps'
import { replaceOverdue } from './replace-transaction'
import { beginRound } from './round'
import { type SentLog, sendTransactions } from './send-sweep'
import { settleSweeps } from './settle-sweeps'
import type { LeasedContext } from './sweep-context'
import { findMined, followBlocks } from './track-sweep'

/**
 * One round on a chain: follow what was sent, end what is confirmed, plan what is to be collected, sign what is next, send
 * what is signed. Each step works from what Postgres says, so that a round cut off anywhere is continued by the next, in
 * this process or another.
 */
export async function sweepRound(context: LeasedContext, sent: SentLog): Promise<'idle' | 'more'> {
  const { db, config } = context
  const headNumber = await context.chain.headNumber()
  const found = await findMined(context, await readUnmined(db.prisma, config.chainId))
  const standings = await followBlocks(context)
  const waiting = await readUnmined(db.prisma, config.chainId)
  const round = beginRound(context, waiting)
  const ended = await settleSweeps(round, await readOpenSweeps(db.prisma, config.chainId), standings)
  const signed = (await isPaused(context)) ? 0 : (await planSweeps(round)) + (await advanceSweeps(round))
  const unmined = await readUnmined(db.prisma, config.chainId)
  const answers = await sendTransactions(context, unmined, headNumber, sent)
  const open = await readOpenSweeps(db.prisma, config.chainId)
  const replaced = (await isPaused(context)) ? 0 : await replaceOverdue(round, open, unmined, answers)
  return found + ended + signed + replaced > 0 ? 'more' : 'idle'
}

async function isPaused({ db, config }: LeasedContext): Promise<boolean> {
  const reason = await readPause(db.prisma, config.chainId)
  sweepsPaused.set({ chain: config.name }, reason === null ? 0 : 1)
  return reason !== null
}
