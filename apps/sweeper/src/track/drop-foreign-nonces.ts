import { decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { readChainState } from '@ctrip/db/chains/chain-state'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { readBatchesWith, yieldNonce } from '@ctrip/db/sweeps/authorizations'
import { pauseSweeps } from '@ctrip/db/sweeps/sweep-pauses'
import { concludeTransactions } from '@ctrip/db/sweeps/sweep-transactions'
import { readSweeps } from '@ctrip/db/sweeps/sweeps'
import { AMOUNT_MAX } from '@ctrip/domain/amount'
import { confirmationsRequired } from '@ctrip/domain/confirmations'
import type { SweepId } from '@ctrip/domain/ids'
import type { SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { giveUpSweep } from '../context/give-up-sweep'
import { isolate } from '../context/isolate'
import type { Sent } from '../context/round'
import type { LeasedContext } from '../context/sweep-context'

/**
 * Finds transactions of ours whose nonce something else has used: the chain says that the nonce is too low, says so at a
 * height that is confirmed, and knows none of our attempts. An authorization of ours may have done it, which a reorg gave
 * another chance after its nonce had been given again. Anything else stops signing and wakes a person: only we should have
 * the key.
 */
export async function dropForeign(context: LeasedContext, sent: readonly Sent[]): Promise<void> {
  for (const { transaction, broadcast } of sent) {
    if (broadcast.outcome !== 'nonceTooLow') continue
    await isolate(context, { transaction_id: transaction.id }, () => judge(context, transaction))
  }
}

async function judge(context: LeasedContext, transaction: SweepTransaction): Promise<void> {
  if (!(await isPassedOver(context, transaction))) return
  // A provider that answers for another network has other nonces, and none of our transactions.
  await context.chain.recheck()
  if (!(await isPassedOver(context, transaction))) return
  const authorizedBy = await findAuthorization(context, transaction)
  if (authorizedBy === null) return drop(context, transaction)
  const { id, sender, nonce, sweepId } = transaction
  // The sweep is without a transaction again, and signs another.
  await commit(context, 'sweep.yield', (tx) => yieldNonce(tx, id, authorizedBy))
  context.log.warn({ chain: context.config.name, sweep_id: sweepId, sender, nonce }, 'sweep.nonce_yielded')
}

async function isPassedOver(
  { chain, config, db }: LeasedContext,
  { sender, nonce, attempts }: SweepTransaction,
): Promise<boolean> {
  const state = await readChainState(db.prisma, config.chainId)
  const depth = confirmationsRequired(config.confirmations, AMOUNT_MAX)
  if (state === null) return false
  const confirmed = depth === null ? state.finalizedNumber : state.cursor.number - depth + 1
  if (confirmed < 0 || (await chain.agreedNonce(sender, confirmed)) <= nonce) return false
  for (const { hash } of attempts) {
    if ((await chain.receipt(hash)) !== null || !(await chain.isNowhere(hash))) return false
  }
  return true
}

/** The sweep that was to use this nonce by an authorization. Its bytes are in the books for ever, whatever the nonce was given to since. */
async function findAuthorization(
  { db, config }: LeasedContext,
  { sender, nonce }: SweepTransaction,
): Promise<SweepId | null> {
  const batches = await readBatchesWith(db.prisma, config.chainId, sender)
  const found = batches.find(({ raw }) =>
    decodeTransaction(raw).authorizations.some(
      (authorized) => authorized.sender === sender && authorized.authorization.nonce === nonce,
    ),
  )
  return found?.sweepId ?? null
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
