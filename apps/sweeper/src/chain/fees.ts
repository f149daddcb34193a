import { expectedPrice, type FeeMarket } from '@ctrip/chain/transactions/fee-market'
import { cappedFees, exactFees, type Fees, feeCap } from '@ctrip/chain/transactions/fees'

export type KnownMarket = Exclude<FeeMarket, { readonly kind: 'unknown' }>

// The gas wallet gets unused fees back, so it offers twice the base fee: enough for six full blocks.
const GAS_WALLET_BASE_FEES = 2n

/** For transactions of the gas wallet. */
export function gasWalletFees(market: KnownMarket): Fees {
  if (market.kind === 'legacy') return market
  const { baseFee, tip } = market
  return { kind: 'eip1559', maxFeePerGas: baseFee * GAS_WALLET_BASE_FEES + tip, maxPriorityFeePerGas: tip }
}

/** For transactions that a deposit address pays for itself: what it offers and does not use stays there, so it offers no more than is likely needed. */
export function depositFees(market: KnownMarket): Fees {
  if (market.kind === 'legacy') return market
  const { baseFee, headroom, tip } = market
  return { kind: 'eip1559', maxFeePerGas: baseFee + headroom + tip, maxPriorityFeePerGas: tip }
}

/**
 * For native coin, which pays for its own transfer: just what the next block asks, all of it as tip, so that 0 wei stay behind. Any
 * headroom would be paid or left behind each time; without it one sweep in twenty-five waits longer than four blocks (docs/adr/0010).
 */
export function nativeFees(market: KnownMarket): Fees {
  return market.kind === 'legacy' ? market : exactFees(depositFees({ ...market, headroom: 0n }))
}

/** The same fees within a limit; null where what is left does not buy a place in the next block. */
export function within(limitWei: bigint, fees: Fees, market: KnownMarket): Fees | null {
  if (feeCap(fees) <= limitWei) return fees
  return limitWei < expectedPrice(market) ? null : cappedFees(fees, limitWei)
}
