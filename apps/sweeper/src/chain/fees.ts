import type { Fees } from '@ctrip/chain/transactions/fees'

/** What gas costs now. */
export type FeeMarket =
  /** `baseFee` is the next block's (EIP-1559), `tip` the recent blocks' median. */
  | { readonly kind: 'eip1559'; readonly baseFee: bigint; readonly tip: bigint }
  | { readonly kind: 'legacy'; readonly gasPrice: bigint }

// A base fee rises by at most an eighth a block. Who pays from the gas wallet gets back what is not used, and can offer
// twice the base fee; who pays from a deposit address leaves the rest there, and offers what two full blocks need.
const GAS_WALLET_PERCENT = 200n
const DEPOSIT_PERCENT = 127n
const NEXT_BLOCK_PERCENT = 113n

/** For transactions of the gas wallet. */
export function gasWalletFees(market: FeeMarket): Fees {
  return feesFor(market, GAS_WALLET_PERCENT)
}

/** For transactions that a deposit address pays for itself. */
export function depositFees(market: FeeMarket): Fees {
  return feesFor(market, DEPOSIT_PERCENT)
}

/** The least that a transaction can offer with a fair chance to be in the next block. */
export function leastFees(market: FeeMarket): Fees {
  return feesFor(market, NEXT_BLOCK_PERCENT)
}

/** The same fees, offering no more than this for a unit of gas. */
export function capped(fees: Fees, capWei: bigint): Fees {
  if (fees.kind === 'legacy') return { kind: 'legacy', gasPrice: smaller(fees.gasPrice, capWei) }
  const maxFeePerGas = smaller(fees.maxFeePerGas, capWei)
  return { kind: 'eip1559', maxFeePerGas, maxPriorityFeePerGas: smaller(fees.maxPriorityFeePerGas, maxFeePerGas) }
}

/** What gas is expected to cost: the base fee and the tip. */
export function expectedPrice(market: FeeMarket): bigint {
  return market.kind === 'legacy' ? market.gasPrice : market.baseFee + market.tip
}

function feesFor(market: FeeMarket, percent: bigint): Fees {
  if (market.kind === 'legacy') return market
  return {
    kind: 'eip1559',
    maxFeePerGas: (market.baseFee * percent) / 100n + market.tip,
    maxPriorityFeePerGas: market.tip,
  }
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
