import type { Fees } from '@ctrip/chain/transactions/fees'
import { sum } from '@ctrip/domain/amount'
import { feeCeiling, gasPriceLimit, type SignatureCost, type WaitReason } from '@ctrip/domain/sweep/policy'
import type { Sweep } from '@ctrip/domain/sweep/sweep'
import { within } from '../chain/fees'
import { assetRules } from './asset-rules'
import { type Inquiry, knownMarket } from './round'
import type { SweepContext } from './sweep-context'

export type LimitedFees =
  | { readonly kind: 'fees'; readonly fees: Fees }
  | { readonly kind: 'wait'; readonly reason: WaitReason }

/**
 * Fees within every limit: the gas ceiling, the limit of a transaction, the share of the money that its collection may cost. Asked for
 * each signature with the prices of now, since a sweep may have been planned, or a nonce given, when gas was cheap. The cap is lowered
 * to the limit as long as that still buys a place in the next block.
 */
export async function limitFees(
  round: Inquiry,
  fees: Fees,
  cost: SignatureCost,
  feeMaxWei: bigint | null,
): Promise<LimitedFees> {
  const limit = gasPriceLimit(cost, feeMaxWei, round.config.sweep)
  const limited = within(limit.wei, fees, await knownMarket(round))
  return limited === null ? { kind: 'wait', reason: limit.reason } : { kind: 'fees', fees: limited }
}

/** The most that a sweep of this money may cost in all, in wei; null where its price is not known, or it is no longer configured. */
export function feeMaxOf({ config }: SweepContext, sweep: Sweep): bigint | null {
  const asset = assetRules(config, sweep.asset)
  const amount = sum(sweep.items.map((item) => item.amountPlanned))
  return asset === null ? null : feeCeiling({ amount, asset }, config.sweep)
}
