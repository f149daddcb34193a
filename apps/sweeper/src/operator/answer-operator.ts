import { answerOperatorRequest, nextSweeperRequest } from '@ctrip/db/chains/operator-requests'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { readWaitingMoney, type WaitingMoney } from '@ctrip/db/sweeps/collection-waits'
import { readShortage, readSweepWaits } from '@ctrip/db/sweeps/sweep-waits'
import { ZERO } from '@ctrip/domain/amount'
import { isolate } from '../context/isolate'
import type { Round } from '../context/round'
import { makePlan } from '../plan/plan-sweeps'
import { quoteRescue } from './quote-rescue'
import { renderPlan, renderRescue, type Unsigned } from './render-answers'

/** Tells an operator what would be done. Signs nothing and plans nothing, so that it is told while a chain is paused too. */
export async function answerOperator(round: Round): Promise<void> {
  const { config, db, log } = round
  const request = await nextSweeperRequest(db.prisma, config.chainId, 'plan', 'quote_rescue')
  if (request === null) return
  const answer = await isolate(round, { request: request.kind }, async () =>
    request.kind === 'plan'
      ? renderPlan(await makePlan(round), await readUnsigned(round), await notDue(round))
      : renderRescue(await quoteRescue(round, request.terms)),
  )
  if (answer === null) return // the chain is not to be asked now: in the next round again
  await commit(round, 'sweep.answer', (tx) => answerOperatorRequest(tx, request.id, answer))
  log.info({ chain: config.name, request: request.kind }, 'sweep.answered')
}

/** The rest is counted by `ctrip_sweep_waiting`. */
const WAITS_SHOWN_MAX = 500

function notDue({ config, db }: Round): Promise<WaitingMoney[]> {
  return readWaitingMoney(db.prisma, config.chainId, WAITS_SHOWN_MAX)
}

async function readUnsigned({ chain, config, db, keys }: Round): Promise<Unsigned> {
  const { address } = keys.gasWallet
  const shortage = await readShortage(db.prisma, config.chainId)
  return {
    waits: await readSweepWaits(db.prisma, config.chainId),
    gasWallet: { address, balance: await chain.balance(address), missing: shortage?.missing ?? ZERO },
  }
}
