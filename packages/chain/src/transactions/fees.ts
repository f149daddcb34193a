/** The offer of a transaction for gas, in wei per unit. Chains without EIP-1559 know only a gas price. */
export type Fees =
  | { readonly kind: 'eip1559'; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly kind: 'legacy'; readonly gasPrice: bigint }

// geth replaces a transaction for 10 % more on both fees, other nodes ask 12.5 %.
const BUMP_NUMERATOR = 9n
const BUMP_DENOMINATOR = 8n
/** A refused tip doubles, and from here: raised by an eighth from 1 wei, it would need 200 signatures to reach 25 gwei. */
const REFUSED_TIP_MIN = 1_000_000_000n
/** No chain is known to ask for a higher tip: from here on a refusal has another cause, such as a full pool, and an eighth must do. */
const REFUSED_TIP_MAX = 32_000_000_000n

/** Fees of a replacement: 12.5 % more on both, rounded up, and no less than what the market asks now. */
export function bumpFees(previous: Fees, market: Fees): Fees {
  if (previous.kind === 'legacy') return { kind: 'legacy', gasPrice: larger(bump(previous.gasPrice), feeCap(market)) }
  const tip = market.kind === 'eip1559' ? market.maxPriorityFeePerGas : market.gasPrice
  const maxPriorityFeePerGas = larger(bump(previous.maxPriorityFeePerGas), tip)
  const maxFeePerGas = larger(bump(previous.maxFeePerGas), feeCap(market))
  return { kind: 'eip1559', maxPriorityFeePerGas, maxFeePerGas: larger(maxFeePerGas, maxPriorityFeePerGas) }
}

/**
 * Fees of a replacement for what nodes refused because of its tip. The tip goes to what a node said that it needs (`neededTip`, null
 * where none said), or doubles. The cap grows by as much as the tip does, and not by a share of itself, so that it cannot reach the gas
 * ceiling while the tip is still small.
 */
export function raiseRefused(previous: Fees, market: Fees, neededTip: bigint | null): Fees {
  const bumped = bumpFees(previous, market)
  if (bumped.kind === 'legacy') return { kind: 'legacy', gasPrice: larger(bumped.gasPrice, neededTip ?? 0n) }
  const before = tipOf(previous)
  const doubled = before < REFUSED_TIP_MAX ? larger(2n * before, REFUSED_TIP_MIN) : 0n
  const maxPriorityFeePerGas = larger(bumped.maxPriorityFeePerGas, neededTip ?? doubled)
  const maxFeePerGas = larger(bumped.maxFeePerGas, feeCap(previous) + maxPriorityFeePerGas - before)
  return { kind: 'eip1559', maxPriorityFeePerGas, maxFeePerGas }
}

/** Whether a node that asks 10 % more on both fees takes these in place of those. */
export function mayReplace(previous: Fees, next: Fees): boolean {
  if (feeCap(next) * 10n < feeCap(previous) * 11n) return false
  return tipOf(next) * 10n >= tipOf(previous) * 11n
}

/** The most that a unit of gas can cost. */
export function feeCap(fees: Fees): bigint {
  return fees.kind === 'legacy' ? fees.gasPrice : fees.maxFeePerGas
}

/** The most of it that goes to whoever makes the block. */
export function tipOf(fees: Fees): bigint {
  return fees.kind === 'legacy' ? fees.gasPrice : fees.maxPriorityFeePerGas
}

/** Fees with which gas costs exactly the cap, so that a plain transfer of all that is left leaves 0 wei. */
export function exactFees(fees: Fees): Fees {
  return fees.kind === 'legacy' ? fees : { ...fees, maxPriorityFeePerGas: fees.maxFeePerGas }
}

/** The same fees with a cap no higher than this; the tip never is above the cap. */
export function cappedFees(fees: Fees, capWei: bigint): Fees {
  if (fees.kind === 'legacy') return { kind: 'legacy', gasPrice: smaller(fees.gasPrice, capWei) }
  const maxFeePerGas = smaller(fees.maxFeePerGas, capWei)
  return { kind: 'eip1559', maxFeePerGas, maxPriorityFeePerGas: smaller(fees.maxPriorityFeePerGas, maxFeePerGas) }
}

function bump(fee: bigint): bigint {
  return (fee * BUMP_NUMERATOR + BUMP_DENOMINATOR - 1n) / BUMP_DENOMINATOR
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
