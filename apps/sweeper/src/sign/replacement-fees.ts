import { isRefusedAsReplacement, neededTip } from '@ctrip/chain/transactions/broadcast'
import { bumpFees, type Fees, feeCap, mayReplace, raiseRefused } from '@ctrip/chain/transactions/fees'
import { readTransactionsOf } from '@ctrip/db/sweeps/sweep-transactions'
import type { Reaction } from '@ctrip/domain/sweep/replacement'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { depositFees, gasWalletFees, nativeFees } from '../chain/fees'
import { isTakenOut } from '../context/asset-rules'
import { feeMaxOf, type LimitedFees, limitFees } from '../context/limit-fees'
import { knownMarket, type Round } from '../context/round'
import { readHistory, type SweepHistory } from '../context/sweep-history'
import type { Waiting } from './waiting'

/**
 * Fees of a replacement, within every limit. A no-op is for the account's line and not for money: the share of an amount does not
 * limit it, the gas ceiling does. Where a limit leaves less than what nodes ask for a replacement, the transaction stays as it is.
 */
export async function replacementFees(
  round: Round,
  waiting: Waiting,
  reaction: Reaction,
  isNoOp: boolean,
): Promise<LimitedFees> {
  const { sweep, signed } = waiting
  const wanted = await wantedFees(round, waiting, reaction)
  const { gasLimit } = signed
  // Its price and limits are gone with its configuration: what is signed may be mined as it is.
  if (sweep !== null && !isNoOp && isTakenOut(round, sweep)) return { kind: 'wait', reason: 'asset_not_configured' }
  const feeMaxWei = sweep === null || isNoOp ? null : feeMaxOf(round, sweep)
  const otherWei = feeMaxWei === null ? 0n : await otherCosts(round, waiting)
  const cost = { gasLimit, gasExpected: gasLimit, dataFeeWei: 0n, otherWei }
  const offer = await limitFees(round, wanted, cost, feeMaxWei)
  if (offer.kind === 'wait' || reaction === 'recost' || mayReplace(signed.fees, offer.fees)) return offer
  const isAboveCeiling = feeCap(wanted) > round.config.sweep.maxGasPriceWei
  return { kind: 'wait', reason: isAboveCeiling ? 'gas_price_too_high' : 'fee_too_high' }
}

/** The costs of its sweep beside its own fee, in wei; of a top-up, the value that this and others hand over, too. */
async function otherCosts(round: Round, { sweep, transaction, signed }: Waiting): Promise<bigint> {
  if (sweep === null) return 0n
  const { spentWei, handedOverWei } = await historyBeside(round, sweep, transaction)
  return transaction.purpose === 'top_up' ? spentWei + handedOverWei + signed.value : spentWei
}

/** The history of a sweep without one of its transactions, which may be signed again. */
export async function historyBeside(round: Round, sweep: Sweep, transaction: SweepTransaction): Promise<SweepHistory> {
  const transactions = await readTransactionsOf(round.db.prisma, [sweep.id])
  return readHistory(
    round,
    sweep,
    transactions.filter(({ id }) => id !== transaction.id),
  )
}

/** The market's fees; at least an eighth more than the newest attempt, which a node may have. */
async function wantedFees(
  round: Round,
  { sweep, transaction, signed, sent }: Waiting,
  reaction: Reaction,
): Promise<Fees> {
  const market = await knownMarket(round)
  const asked =
    transaction.sender === round.keys.gasWallet.address
      ? gasWalletFees(market)
      : sweep?.strategy === 'native'
        ? nativeFees(market)
        : depositFees(market)
  if (reaction === 'recost') {
    // Not above what it offered: more money is not what nodes ask for. Not below it where a node may have taken it once.
    const wasTaken = transaction.attempts.some(({ broadcastAt }) => broadcastAt !== null)
    return wasTaken || feeCap(asked) > feeCap(signed.fees) ? signed.fees : asked
  }
  const refusal = reaction === 'raise_refused' && sent?.broadcast.outcome === 'underpriced' ? sent.broadcast : null
  if (refusal === null || isRefusedAsReplacement(refusal)) return bumpFees(signed.fees, asked)
  return raiseRefused(signed.fees, asked, neededTip(refusal))
}
