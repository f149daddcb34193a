import { isRefusedAsReplacement, neededTip } from '@ctrip/chain/transactions/broadcast'
import { bumpFees, type Fees, feeCap, mayReplace, raiseRefused } from '@ctrip/chain/transactions/fees'
import type { Reaction } from '@ctrip/domain/sweep/replacement'
import { depositFees, gasWalletFees, nativeFees } from '../chain/fees'
import { feeMaxOf, type LimitedFees, limitFees } from '../context/limit-fees'
import { knownMarket, type Round } from '../context/round'
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
  const { sweep, signed, transaction, spentWei } = waiting
  const wanted = await wantedFees(round, waiting, reaction)
  const handedOver = transaction.purpose === 'top_up' ? signed.value : 0n
  const { gasLimit } = signed
  const cost = { gasLimit, gasExpected: gasLimit, dataFeeWei: 0n, otherWei: spentWei + handedOver }
  const feeMaxWei = sweep === null || isNoOp ? null : feeMaxOf(round, sweep)
  const offer = await limitFees(round, wanted, cost, feeMaxWei)
  if (offer.kind === 'wait' || reaction === 'recost' || mayReplace(signed.fees, offer.fees)) return offer
  const isAboveCeiling = feeCap(wanted) > round.config.sweep.maxGasPriceWei
  return { kind: 'wait', reason: isAboveCeiling ? 'gas_price_too_high' : 'fee_too_high' }
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
