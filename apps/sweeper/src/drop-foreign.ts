import { readChainState } from '@ctrip/db/chains/chain-state'
import { pauseSweeps } from '@ctrip/db/sweeps/sweep-pauses'
import { concludeTransactions } from '@ctrip/db/sweeps/sweep-transactions'
import { readSweeps } from '@ctrip/db/sweeps/sweeps'
import { AMOUNT_MAX } from '@ctrip/domain/amount'
import { confirmationsRequired } from '@ctrip/domain/confirmations'
import type { SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { giveUpSweep } from './give-up-sweep'
import type { Sent } from './send-sweep'
import { commit, type LeasedContext } from './sweep-context'

/**
 * Finds transactions of ours whose nonce something else has used: the chain says that the nonce is too low, says so at a
 * height that is confirmed, and knows none of our attempts. Signing stops, and a person is woken: only we should have the key.
 */
export async function dropForeign(context: LeasedContext, sent: readonly Sent[]): Promise<void> {
  for (const { transaction, broadcast } of sent) {
    if (broadcast.outcome === 'nonceTooLow' && (await isForeign(context, transaction))) await drop(context, transaction)
  }
}

async function isForeign(
  { chain, config, db }: LeasedContext,
  { sender, nonce, attempts }: SweepTransaction,
): Promise<boolean> {
  const state = await readChainState(db.prisma, config.chainId)
  const depth = confirmationsRequired(config.confirmations, AMOUNT_MAX)
  if (state === null) return false
  const confirmed = depth === null ? state.finalizedNumber : state.cursor.number - depth + 1
  if (confirmed < 0 || (await chain.nonce(sender, confirmed)) <= nonce) return false
  for (const { hash } of attempts) if ((await chain.receipt(hash)) !== null) return false
  return true
}

async function drop(context: LeasedContext, transaction: SweepTransaction): Promise<void> {
  const { config, db, log } = context
  const { id, sender, nonce, sweepId } = transaction
  const reason = `${sender} has used nonce ${nonce}, and not through us`
  await commit(context, 'sweep.drop', async (tx) => {
    await concludeTransactions(tx, [id], 'dropped')
    await pauseSweeps(tx, config.chainId, reason, 'sweeper')
  })
  log.error({ chain: config.name, sender, nonce }, 'sweep.foreign_nonce')
  const [sweep] = sweepId === null ? [] : await readSweeps(db.prisma, [sweepId])
  if (sweep !== undefined) await giveUpSweep(context, sweep, 'foreign_nonce')
}
