import type { ChainState } from '@ctrip/db/chains/chain-state'
import { isAtBlock, paymentsToClose, ROUND_MAX } from '@ctrip/db/chains/progress'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { lockPayments } from '@ctrip/db/payments/payments'
import { type ChangeResult, changePayments } from '@ctrip/use-cases/change-payments'
import { reportChanges } from '@ctrip/use-cases/report-changes'
import { ACTOR, type Writing } from './chain'
import type { CursorQuorum } from './cursor-quorum'

/**
 * Expires what was not paid in time, and cancels what its merchant asked to cancel and nobody had paid by then: by the chain's
 * clock and only as far as it has been scanned, so that an outage closes nothing that was paid in time. With a quorum above one, that
 * many providers must have the cursor's block: one that invents a block dated in the future closes nothing. Returns whether there may
 * be more than one round takes: after an outage, say.
 */
export async function expirePayments(deps: Writing, state: ChainState, hasQuorum: CursorQuorum): Promise<boolean> {
  const { chain, db } = deps
  const ids = await db.query('expire.due', (prisma) => paymentsToClose(prisma, chain.chainId, state.cursorTime))
  if (ids.length === 0 || (chain.quorum > 1 && !(await hasQuorum()))) return false
  const results = await commit(deps, 'expire.payments', async (tx): Promise<ChangeResult[]> => {
    await lockPayments(tx, ids)
    if (!(await isAtBlock(tx, chain.chainId, state.cursor))) return []
    return changePayments(tx, ids, () => ({ kind: 'chain_advanced' }), {
      actor: ACTOR,
      rateBook: deps.rateBook,
      blockNumber: state.cursor.number,
    })
  })
  if (results.length === 0) return false
  deps.wakeRelay()
  reportChanges(deps.log, results)
  return ids.length >= ROUND_MAX
}
