/** What a transaction offers for gas, in wei per unit. Chains without EIP-1559 know only a gas price. */
export type Fees =
  | { readonly kind: 'eip1559'; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly kind: 'legacy'; readonly gasPrice: bigint }

/** The newest entries of an `eth_feeHistory` answer. */
export interface FeeHistory {
  /** Of the block to come. */
  readonly nextBaseFeePerGas: bigint
  /** The median tip of each recent block, oldest first. */
  readonly medianTips: readonly bigint[]
}

// Base fees rise by at most 12.5 % a block (EIP-1559): twice the base fee stays valid for six full blocks.
const BASE_FEE_HEADROOM = 2n
const TIP_MIN = 1n
// Nodes replace a transaction only for a tenth more (geth: 10 %, some ask 12.5 %), on both fees.
const BUMP_NUMERATOR = 9n
const BUMP_DENOMINATOR = 8n

/** Fees that get a transaction into one of the next blocks. */
export function quoteFees(history: FeeHistory): Fees {
  const sorted = [...history.medianTips].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const median = sorted[sorted.length >> 1] ?? TIP_MIN
  const maxPriorityFeePerGas = median > TIP_MIN ? median : TIP_MIN
  return {
    kind: 'eip1559',
    maxPriorityFeePerGas,
    maxFeePerGas: history.nextBaseFeePerGas * BASE_FEE_HEADROOM + maxPriorityFeePerGas,
  }
}

/** Fees of a replacement: 12.5 % more on both, rounded up, and no less than what the market asks now. */
export function bumpFees(previous: Fees, market: Fees): Fees {
  if (previous.kind === 'legacy') return { kind: 'legacy', gasPrice: larger(bump(previous.gasPrice), feeCap(market)) }
  const tip = market.kind === 'eip1559' ? market.maxPriorityFeePerGas : market.gasPrice
  const maxPriorityFeePerGas = larger(bump(previous.maxPriorityFeePerGas), tip)
  const maxFeePerGas = larger(bump(previous.maxFeePerGas), feeCap(market))
  return { kind: 'eip1559', maxPriorityFeePerGas, maxFeePerGas: larger(maxFeePerGas, maxPriorityFeePerGas) }
}

/** The most that a unit of gas can cost. */
export function feeCap(fees: Fees): bigint {
  return fees.kind === 'legacy' ? fees.gasPrice : fees.maxFeePerGas
}

/** Fees with which gas costs exactly the cap, so that a plain transfer of all that is left leaves 0 wei. */
export function exactFees(fees: Fees): Fees {
  return fees.kind === 'legacy' ? fees : { ...fees, maxPriorityFeePerGas: fees.maxFeePerGas }
}

function bump(fee: bigint): bigint {
  return (fee * BUMP_NUMERATOR + BUMP_DENOMINATOR - 1n) / BUMP_DENOMINATOR
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
