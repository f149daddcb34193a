import { bumpFees, type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import { assert } from '@ctrip/domain/assert'
import { isOverdue } from '@ctrip/domain/sweep/replacement'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { decodeTransaction } from './decode-transaction'
import { depositFees, gasWalletFees } from './fees'
import { replacements } from './metrics'
import type { Round } from './round'
import type { Sent } from './send-sweep'
import { signReplacement } from './sign-transaction'
import { strategyNamed } from './strategies/choose-strategy'

/**
 * Offers more for what has waited too long, or was refused as too cheap: an eighth more on both fees, for the same nonce,
 * so that only one of them is ever mined. Only the lowest waiting nonce of an account: those after it wait for it.
 */
export async function replaceOverdue(
  round: Round,
  sweeps: readonly Sweep[],
  unmined: readonly SweepTransaction[],
  sent: readonly Sent[],
): Promise<number> {
  const refused = new Set(
    sent.flatMap(({ transaction, broadcast }) => (mustChange(broadcast.outcome) ? [transaction.id] : [])),
  )
  let replaced = 0
  for (const [transaction] of Map.groupBy(unmined, ({ sender }) => sender).values()) {
    const sweep = sweeps.find(({ id }) => id === transaction?.sweepId)
    const newest = transaction?.attempts[0]
    if (transaction === undefined || sweep === undefined || newest === undefined) continue
    const overdue = isOverdue(newest.signedAt, new Date(), round.config.blockTimeMs)
    if (!overdue && !refused.has(transaction.id)) continue
    if (await replace(round, sweep, transaction, overdue ? 'overdue' : 'refused')) replaced++
  }
  return replaced
}

function mustChange(outcome: Sent['broadcast']['outcome']): boolean {
  return outcome === 'underpriced' || outcome === 'insufficientFunds'
}

async function replace(round: Round, sweep: Sweep, transaction: SweepTransaction, reason: string): Promise<boolean> {
  const [newest] = transaction.attempts
  assert(newest !== undefined, 'a transaction has an attempt')
  const fees = await raisedFees(round, transaction, decodeTransaction(newest.raw).fees)
  const { chain, log, config } = round
  if (feeCap(fees) > config.sweep.maxGasPriceWei) {
    log.warn({ chain: config.name, tx_hash: newest.hash, reason: 'gas_price_too_high' }, 'sweep.not_replaced')
    return false
  }
  // Mined a moment ago, perhaps: then there is nothing to replace.
  if ((await chain.nonce(transaction.sender, 'latest')) > transaction.nonce) return false
  const draft = await strategyNamed(sweep.strategy).redraft(round, sweep, transaction, fees)
  if (draft === null) return false
  await signReplacement(round, transaction, draft, false)
  replacements.inc({ chain: config.name, reason })
  log.info({ chain: config.name, sweep_id: sweep.id, nonce: transaction.nonce, reason }, 'sweep.replaced')
  return true
}

async function raisedFees(round: Round, transaction: SweepTransaction, previous: Fees): Promise<Fees> {
  const market = await round.market()
  const asked = transaction.sender === round.keys.gasWallet.address ? gasWalletFees(market) : depositFees(market)
  return bumpFees(previous, asked)
}
