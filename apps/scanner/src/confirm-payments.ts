import type { ChainState } from '@ctrip/db/chains/chain-state'
import { isAtBlock, markConfirmed, ROUND_MAX, unconfirmedUpTo } from '@ctrip/db/chains/progress'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { lockPayments, readPayments } from '@ctrip/db/payments/payments'
import { confirmationsAt, confirmationsRequired, smallestDepth } from '@ctrip/domain/confirmations'
import type { Payment, Transfer } from '@ctrip/domain/payment/payment'
import { mismatch } from '@ctrip/domain/payment/received'
import { type ChangeResult, changePayments } from '@ctrip/use-cases/change-payments'
import { reportChanges } from '@ctrip/use-cases/report-changes'
import { ACTOR, type Writing } from './chain'
import { type CursorQuorum, taggedHeight } from './cursor-quorum'

/**
 * Confirms the transfers that the chain's policy is now sure of, and lets their payments go on. The providers are asked for the
 * scanned head first: it commits to everything below it, and the chain may have left it for a shorter branch. Returns whether
 * there may be more than one round takes.
 */
export async function confirmPayments(
  deps: Writing,
  state: ChainState,
  hasQuorum: CursorQuorum,
  signal: AbortSignal,
): Promise<boolean> {
  const { chain, db } = deps
  const limit = await confirmedHeight(deps, state, hasQuorum, signal)
  const { number } = state.cursor
  const waiting = await db.query('confirm.waiting', (prisma) => unconfirmedUpTo(prisma, chain.chainId, limit, number))
  if (waiting.length === 0 || !(await hasQuorum())) return false
  const ids = [...new Set(waiting.map(({ paymentId }) => paymentId))]
  const results = await commit(deps, 'confirm.payments', async (tx): Promise<ChangeResult[]> => {
    await lockPayments(tx, ids)
    if (!(await isAtBlock(tx, chain.chainId, state.cursor))) return []
    const subjects = await readPayments(tx, ids)
    const sure = subjects.flatMap(({ payment, transfers }) =>
      transfers.filter((transfer) => isSure(deps, payment, transfer, number, limit)).map(({ id }) => id),
    )
    if (sure.length === 0) return []
    await markConfirmed(tx, sure)
    return changePayments(tx, ids, () => ({ kind: 'transfers_confirmed', confirmed: sure }), {
      actor: ACTOR,
      rateBook: deps.rateBook,
      blockNumber: number,
    })
  })
  if (results.length === 0) return false
  deps.wakeRelay()
  reportChanges(deps.log, results)
  return waiting.length === ROUND_MAX
}

/** No transfer above this height can be confirmed, whatever its amount. */
async function confirmedHeight(
  deps: Writing,
  state: ChainState,
  hasQuorum: CursorQuorum,
  signal: AbortSignal,
): Promise<number> {
  const policy = deps.chain.confirmations
  if (policy.kind !== 'tag') return state.cursor.number - (smallestDepth(policy) ?? 1) + 1
  return (await taggedHeight(deps, state, policy.tag, hasQuorum, signal)) ?? -1
}

/** The payment holds the depth it was promised; money that it did not ask for goes by the chain's policy for that amount. */
function isSure({ chain }: Writing, payment: Payment, transfer: Transfer, headNumber: number, limit: number): boolean {
  if (transfer.chainId !== chain.chainId || transfer.status !== 'included') return false
  const asAsked = mismatch(payment, transfer) === null
  const required = asAsked ? payment.confirmationsRequired : confirmationsRequired(chain.confirmations, transfer.amount)
  if (required === null) return transfer.blockNumber <= limit
  return confirmationsAt(headNumber, transfer.blockNumber) >= required
}
