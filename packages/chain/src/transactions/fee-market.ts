import type { Fees } from './fees'

/** Fees as a node's sources state them, in wei per unit of gas. Null: the source failed, is missing, or said nothing that can be read. */
export interface FeeReadings {
  readonly history: FeeHistory | null
  /** Of the newest block's header; null also where blocks have no base fee. */
  readonly latestBaseFee: bigint | null
  /** `eth_maxPriorityFeePerGas`. */
  readonly suggestedTip: bigint | null
  /** `eth_gasPrice`. */
  readonly gasPrice: bigint | null
}

/** `eth_feeHistory`. */
export interface FeeHistory {
  /** Of recent blocks, oldest first; the last is of the block to come. */
  readonly baseFees: readonly bigint[]
  /** The median tip of each recent block that has transactions. */
  readonly medianTips: readonly bigint[]
}

/** Limits of the configuration: a tip below `minTipWei` is not offered, a price above `maxGasPriceWei` is not believed to be a tip. */
export interface FeeLimits {
  readonly minTipWei: bigint
  readonly maxGasPriceWei: bigint
}

/** The price of gas now. */
export type FeeMarket =
  /** `baseFee` is the next block's (EIP-1559), `headroom` what it may rise by while a transaction waits, `tip` what the market asks. */
  | { readonly kind: 'eip1559'; readonly baseFee: bigint; readonly headroom: bigint; readonly tip: bigint }
  | { readonly kind: 'legacy'; readonly gasPrice: bigint }
  /** No source said anything that can be believed: nothing may be signed. */
  | { readonly kind: 'unknown' }

/** A whole coin for one unit of gas: no chain asks that, a broken node does. */
const ABSURD_WEI = 10n ** 18n
/** Blocks that a transaction may wait for while its cap still holds. */
const HEADROOM_BLOCKS = 2
// A base fee rises by at most an eighth a block (EIP-1559).
const RISE_NUMERATOR = 9n
const RISE_DENOMINATOR = 8n

/**
 * Judges fees by the sources in order of trust. Base fee: the fee history's next one, else the newest block's with a full
 * block's rise, else none: then `eth_gasPrice` stands for all. Tip: what the node suggests; where it suggests 0 or nothing, what recent
 * blocks took; where they took none, what `eth_gasPrice` holds above the base fee; never below the configured minimum. A tip above the
 * ceiling counts only where no source says a lower one, and makes the price too high to sign. A price of a whole coin counts as not said.
 */
export function judgeMarket(readings: FeeReadings, limits: FeeLimits): FeeMarket {
  const gasPrice = plausible(readings.gasPrice)
  const base = judgeBaseFee(readings)
  if (base === null) {
    return gasPrice === null ? { kind: 'unknown' } : { kind: 'legacy', gasPrice: larger(gasPrice, limits.minTipWei) }
  }
  const tip = judgeTip(readings, base.baseFee, limits)
  return tip === null ? { kind: 'unknown' } : { kind: 'eip1559', ...base, tip: larger(tip, limits.minTipWei) }
}

/** Whether `eth_gasPrice` could still change the judgement: it need not be asked else. */
export function needsGasPrice(readings: Omit<FeeReadings, 'gasPrice'>, limits: FeeLimits): boolean {
  const base = judgeBaseFee(readings)
  return base === null || askedTip(readings, limits) === null
}

/** The expected price of gas in the next block. */
export function expectedPrice(market: Exclude<FeeMarket, { kind: 'unknown' }>): bigint {
  return market.kind === 'legacy' ? market.gasPrice : market.baseFee + market.tip
}

/**
 * The market of the lower median price among those known: one provider that lies high is not paid, one that lies low among three
 * does not hold up what is signed. Unknown where none is known.
 */
export function medianMarket(markets: readonly FeeMarket[]): FeeMarket {
  const known = markets
    .filter((market) => market.kind !== 'unknown')
    .sort((a, b) => ascending(expectedPrice(a), expectedPrice(b)))
  return known[(known.length - 1) >> 1] ?? { kind: 'unknown' }
}

/** Whether a transaction of these fees cannot be in the next block at any tip. */
export function isBelowMarket(fees: Fees, market: FeeMarket): boolean {
  if (market.kind === 'unknown') return false
  const cap = fees.kind === 'legacy' ? fees.gasPrice : fees.maxFeePerGas
  return cap < (market.kind === 'legacy' ? market.gasPrice : market.baseFee)
}

function judgeBaseFee({
  history,
  latestBaseFee,
}: Pick<FeeReadings, 'history' | 'latestBaseFee'>): { readonly baseFee: bigint; readonly headroom: bigint } | null {
  const recent = (history?.baseFees ?? []).flatMap((fee) => plausible(fee) ?? [])
  const next = plausible(history?.baseFees.at(-1) ?? null)
  if (next !== null) return { baseFee: next, headroom: headroomOf(recent) }
  const latest = plausible(latestBaseFee)
  if (latest === null) return null
  const baseFee = (latest * RISE_NUMERATOR + RISE_DENOMINATOR - 1n) / RISE_DENOMINATOR
  return { baseFee, headroom: baseFee / RISE_DENOMINATOR }
}

/**
 * The largest rise over so many blocks that the recent blocks show, carried over to the next base fee: 0 on a calm chain, about a
 * tenth on a busy one, never more than the protocol allows. A fixed share would be paid, or left behind, on every calm day.
 */
function headroomOf(baseFees: readonly bigint[]): bigint {
  const next = baseFees.at(-1) ?? 0n
  const rises = baseFees.slice(HEADROOM_BLOCKS).map((fee, at) => {
    const before = baseFees[at] ?? 0n
    return before === 0n || fee <= before ? 0n : ceilDiv((fee - before) * next, before)
  })
  const most = ceilDiv(next * (RISE_NUMERATOR ** 2n - RISE_DENOMINATOR ** 2n), RISE_DENOMINATOR ** 2n)
  return smaller(rises.reduce(larger, 0n), most)
}

function judgeTip(readings: FeeReadings, baseFee: bigint, limits: FeeLimits): bigint | null {
  const asked = askedTip(readings, limits)
  if (asked !== null) return asked
  const gasPrice = plausible(readings.gasPrice)
  if (gasPrice !== null && gasPrice > baseFee && gasPrice - baseFee <= limits.maxGasPriceWei) return gasPrice - baseFee
  const suggested = plausible(readings.suggestedTip)
  if (suggested !== null && suggested > limits.maxGasPriceWei) return suggested
  const saidZero = readings.suggestedTip === 0n || gasPrice !== null || readings.history !== null
  return saidZero ? 0n : null
}

/** The node's suggestion, or else the tip that recent blocks took; null if that is nothing. */
function askedTip(
  { suggestedTip, history }: Pick<FeeReadings, 'suggestedTip' | 'history'>,
  { maxGasPriceWei }: FeeLimits,
): bigint | null {
  if (suggestedTip !== null && suggestedTip > 0n && suggestedTip <= maxGasPriceWei) return suggestedTip
  const taken = (history?.medianTips ?? []).filter((tip) => tip <= maxGasPriceWei).sort(ascending)
  const median = taken[taken.length >> 1] ?? 0n
  return median > 0n ? median : null
}

function plausible(price: bigint | null): bigint | null {
  return price === null || price < 0n || price >= ABSURD_WEI ? null : price
}

function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
