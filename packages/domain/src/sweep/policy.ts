import type { Amount } from '../amount'

/** Why confirmed money waits. Shown to merchants and operators. */
export type WaitReason =
  | 'below_min_sweep'
  | 'fee_too_high' // above the share of the amount that it may cost
  | 'gas_price_too_high'
  | 'fees_unknown' // no provider says what gas costs
  | 'nothing_there' // the ledger says money, the chain says none
  | 'less_than_recorded' // a node says less than must be there: it is behind, or lies
  | 'balance_unreadable' // the token's contract does not tell what the address holds
  | 'not_answered' // no provider answered what had to be asked of it
  | 'transfer_refused' // the token would not move it: blocked, paused, broken
  | 'gas_too_high' // the token asks for more gas than any transfer may cost
  | 'gas_wallet_low'
  | 'daily_limit_reached'
  | 'transaction_limit_reached' // one transaction would cost more than any may
  | 'refused_by_nodes' // no node takes its transaction, and a dearer one would not help
  | 'refused_by_signer' // the signer's own policy forbids the signature
  | 'asset_not_configured'
  | 'address_mismatch' // not derived from our mnemonic: never signed for
  | 'contracts_missing' // planned as a batch, and our contracts are not there any more
  | 'partly_moved' // a part of it left the address, and the rest stayed
  | 'nothing_arrived' // it left the address, and never reached the treasury
  | 'nothing_moved' // the transaction came through, and the money stayed
  | 'reverted'
  | 'foreign_nonce' // its transaction's nonce was used, and not by us
  | 'treasury_changed' // planned for a treasury that is no longer configured
  | 'canceled' // a no-op was sent in its place
  | 'failed_too_often' // its transactions were mined and brought nothing, so often that an operator decides

export interface AssetRules {
  readonly minSweep: Amount
  /** What one base unit is worth in wei, as a fraction; null = unknown. */
  readonly nativePrice: { readonly numerator: bigint; readonly denominator: bigint } | null
}

export interface SweepRules {
  readonly maxGasPriceWei: bigint
  readonly maxFeeBps: number
}

export interface SignatureRules extends SweepRules {
  /** The most that any one transaction may cost in fees, in wei; null = no limit. */
  readonly maxFeePerTransaction: bigint | null
}

/** The commitments of a signature beside the price of gas. */
export interface SignatureCost {
  readonly gasLimit: bigint
  /** Gas that it is expected to use. */
  readonly gasExpected: bigint
  /** The rollup's charge beside gas, in wei. */
  readonly dataFeeWei: bigint
  /** Other costs of the same money, in wei: its earlier transactions, and the value that a top-up hands over. */
  readonly otherWei: bigint
}

export type Worth = { readonly worth: true } | { readonly worth: false; readonly reason: WaitReason }

/**
 * Whether an amount is worth what its collection costs now: at least `min_sweep`, below the gas ceiling, and within
 * `max_fee_bps` of it where a price is known.
 */
export function worthCollecting(
  money: { readonly amount: Amount; readonly asset: AssetRules },
  cost: { readonly gasPriceWei: bigint; readonly feeWei: bigint },
  rules: SweepRules,
): Worth {
  if (money.amount < money.asset.minSweep) return no('below_min_sweep')
  if (cost.gasPriceWei > rules.maxGasPriceWei) return no('gas_price_too_high')
  const feeMax = feeCeiling(money, rules)
  return feeMax !== null && cost.feeWei > feeMax ? no('fee_too_high') : { worth: true }
}

/** The most that collecting this amount may cost, in wei; null where no price is known. */
export function feeCeiling(
  money: { readonly amount: Amount; readonly asset: AssetRules },
  rules: SweepRules,
): bigint | null {
  const price = money.asset.nativePrice
  if (price === null) return null
  return (money.amount * price.numerator * BigInt(rules.maxFeeBps)) / (price.denominator * 10_000n)
}

/**
 * The most that a signature may offer for a unit of gas, and the limit that says so: the gas ceiling, the limit of one transaction, and
 * what the money that it collects may cost (`feeMaxWei`; null = no limit). Not above 0 where a limit is reached at any price.
 */
export function gasPriceLimit(
  cost: SignatureCost,
  feeMaxWei: bigint | null,
  rules: SignatureRules,
): { readonly wei: bigint; readonly reason: WaitReason } {
  const limits: { readonly wei: bigint; readonly reason: WaitReason }[] = [
    { wei: rules.maxGasPriceWei, reason: 'gas_price_too_high' },
  ]
  if (rules.maxFeePerTransaction !== null) {
    const wei = (rules.maxFeePerTransaction - cost.dataFeeWei) / cost.gasLimit
    limits.push({ wei, reason: 'transaction_limit_reached' })
  }
  if (feeMaxWei !== null) {
    const wei = (feeMaxWei - cost.otherWei - cost.dataFeeWei) / cost.gasExpected
    limits.push({ wei, reason: 'fee_too_high' })
  }
  return limits.reduce((lowest, limit) => (limit.wei < lowest.wei ? limit : lowest))
}

const UNANSWERED_MS_MIN = 5_000
const UNANSWERED_MS_MAX = 5 * 60_000
const CONFIGURATION_MS = 10 * 60_000
const UNPROFITABLE_MS = 60_000
const FAILED_MS_MIN = 60_000
const FAILED_MS_MAX = 6 * 3_600_000

/** Transactions in a row that may be mined and bring nothing of an amount; each is paid for. */
export const MINED_FAILURES_MAX = 5

/**
 * When money that waits is looked at again. What is not worth it follows prices; what the configuration excludes can change
 * at a restart only; what nobody answered is no fault of the money's; everything else failed, and is tried ever later.
 */
export function waitMs(reason: WaitReason, failures: number): number {
  switch (reason) {
    case 'below_min_sweep':
    case 'asset_not_configured':
      return CONFIGURATION_MS
    case 'failed_too_often':
      return FAILED_MS_MAX
    case 'not_answered':
      return doubled(UNANSWERED_MS_MIN, failures, UNANSWERED_MS_MAX)
    default:
      return failures === 0 ? UNPROFITABLE_MS : doubled(FAILED_MS_MIN, failures, FAILED_MS_MAX)
  }
}

function doubled(least: number, failures: number, most: number): number {
  return Math.min(least * 2 ** Math.min(Math.max(failures - 1, 0), 12), most)
}

function no(reason: WaitReason): Worth {
  return { worth: false, reason }
}
