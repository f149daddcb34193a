import { amount } from '../../src/amount'
import { feeCeiling, gasPriceLimit, type SignatureCost, waitMs, worthCollecting } from '../../src/sweep/policy'
import {
  isOverdue,
  maySignAgain,
  type Reaction,
  reactTo,
  replaceAfterMs,
  type WaitingState,
} from '../../src/sweep/replacement'

const GWEI = 10n ** 9n
const RULES = { maxGasPriceWei: 200n * GWEI, maxFeeBps: 100 }
const NATIVE = { minSweep: amount(1_000n), nativePrice: { numerator: 1n, denominator: 1n } }
const UNPRICED = { minSweep: amount(0n), nativePrice: null }

describe('whether an amount is worth collecting', () => {
  it.each([
    ['is, at one percent of it', 10_000n, NATIVE, { gasPriceWei: GWEI, feeWei: 100n }, { worth: true }],
    [
      'is not above one percent of it',
      10_000n,
      NATIVE,
      { gasPriceWei: GWEI, feeWei: 101n },
      { worth: false, reason: 'fee_too_high' },
    ],
    [
      'is not below the minimum, however cheap',
      999n,
      NATIVE,
      { gasPriceWei: 1n, feeWei: 0n },
      { worth: false, reason: 'below_min_sweep' },
    ],
    [
      'is not while gas is dearer than the ceiling',
      10n ** 18n,
      NATIVE,
      { gasPriceWei: 201n * GWEI, feeWei: 1n },
      { worth: false, reason: 'gas_price_too_high' },
    ],
    [
      'is whatever it costs, where no price is known',
      1n,
      UNPRICED,
      { gasPriceWei: GWEI, feeWei: GWEI },
      { worth: true },
    ],
  ])('%s', (_name, money, asset, cost, expected) => {
    expect(worthCollecting({ amount: amount(money), asset }, cost, RULES)).toEqual(expected)
  })

  it('converts a token exactly by its price', () => {
    // 0.0004 ETH a token of 6 decimals: 4 * 10^8 wei a base unit.
    const asset = { minSweep: amount(0n), nativePrice: { numerator: 4n * 10n ** 18n, denominator: 10n ** 10n } }
    expect(feeCeiling({ amount: amount(1_000_000n), asset }, RULES)).toBe(4n * 10n ** 12n)
  })
})

describe('when what failed is tried again', () => {
  it('ever later, up to six hours', () => {
    expect([1, 2, 3, 9, 10, 1_000].map((failures) => waitMs('reverted', failures))).toEqual([
      60_000, 120_000, 240_000, 15_360_000, 21_600_000, 21_600_000,
    ])
  })
})

describe('when a waiting transaction is replaced', () => {
  it.each([
    ['Ethereum', 12_000, 48_000],
    ['a rollup', 2_000, 20_000],
    ['a local chain', 1_000, 20_000],
  ])('on %s', (_name, blockTimeMs, expected) => {
    expect(replaceAfterMs(blockTimeMs)).toBe(expected)
    const signedAt = new Date(0)
    expect(isOverdue(signedAt, new Date(expected - 1), blockTimeMs)).toBe(false)
    expect(isOverdue(signedAt, new Date(expected), blockTimeMs)).toBe(true)
  })

  it('at most once a block, when it is refused', () => {
    expect(maySignAgain(new Date(0), new Date(11_999), 12_000)).toBe(false)
    expect(maySignAgain(new Date(0), new Date(12_000), 12_000)).toBe(true)
  })
})

describe('what a signature may offer for a unit of gas', () => {
  const rules = { ...RULES, maxFeePerTransaction: null }
  const PLAIN: SignatureCost = { gasLimit: 25_000n, gasExpected: 20_000n, dataFeeWei: 0n, otherWei: 0n }
  const perGas = (wei: bigint) => 20_000n * wei

  it.each<[string, Partial<SignatureCost>, bigint | null, bigint | null, { wei: bigint; reason: string }]>([
    ['the ceiling, where no price is known', {}, null, null, { wei: 200n * GWEI, reason: 'gas_price_too_high' }],
    [
      'the ceiling, where the money could bear more',
      {},
      perGas(201n * GWEI),
      null,
      { wei: 200n * GWEI, reason: 'gas_price_too_high' },
    ],
    ['what the money bears', {}, perGas(7n), null, { wei: 7n, reason: 'fee_too_high' }],
    [
      'what it bears beside what was spent',
      { otherWei: perGas(3n) },
      perGas(7n),
      null,
      { wei: 4n, reason: 'fee_too_high' },
    ],
    [
      'what it bears beside what a rollup charges',
      { dataFeeWei: perGas(3n) },
      perGas(7n),
      null,
      { wei: 4n, reason: 'fee_too_high' },
    ],
    [
      'nothing, where more than that was spent',
      { otherWei: perGas(9n) },
      perGas(7n),
      null,
      { wei: -2n, reason: 'fee_too_high' },
    ],
    [
      'what one transaction may cost, by its limit of gas',
      {},
      null,
      50_000n,
      { wei: 2n, reason: 'transaction_limit_reached' },
    ],
    ['the lowest of all', {}, perGas(7n), 25_000n, { wei: 1n, reason: 'transaction_limit_reached' }],
  ])('is %s', (_name, cost, feeMaxWei, maxFeePerTransaction, expected) => {
    expect(gasPriceLimit({ ...PLAIN, ...cost }, feeMaxWei, { ...rules, maxFeePerTransaction })).toEqual(expected)
  })
})

describe('what is done about a transaction that is not mined', () => {
  const FRESH: WaitingState = {
    verdict: 'taken',
    isFirst: true,
    isOverdue: false,
    maySignAgain: true,
    isResting: false,
    isBelowMarket: false,
    cancels: false,
  }

  it.each<[string, Partial<WaitingState>, Reaction]>([
    ['nothing, while it is young', {}, 'leave'],
    ['nothing, while nobody said what became of it', { verdict: 'unknown' }, 'leave'],
    ['raised, when it is overdue', { isOverdue: true }, 'raise'],
    ['raised, when it is overdue and was not sent this time', { verdict: null, isOverdue: true }, 'raise'],
    ['nothing, when it rests', { verdict: null, isOverdue: true, isResting: true }, 'leave'],
    ['nothing, behind another that is well paid too', { isOverdue: true, isFirst: false }, 'leave'],
    [
      'raised behind another, where no block takes it',
      { isOverdue: true, isFirst: false, isBelowMarket: true },
      'raise',
    ],
    ['raised as refused, when nodes find it too cheap', { verdict: 'tooCheap' }, 'raise_refused'],
    ['nothing yet, within the block in which it was signed', { verdict: 'tooCheap', maySignAgain: false }, 'leave'],
    ['nothing, when it is too cheap and others come first', { verdict: 'tooCheap', isFirst: false }, 'leave'],
    ['costed anew, when its sender has too little', { verdict: 'notEnoughCoin' }, 'recost'],
    ['costed anew and not raised, also when it is overdue', { verdict: 'notEnoughCoin', isOverdue: true }, 'recost'],
    ['nothing, when its sender pays for others first', { verdict: 'notEnoughCoin', isFirst: false }, 'leave'],
    ['canceled, when it breaks a rule', { verdict: 'refused' }, 'cancel'],
    ['nothing, when it is a no-op and breaks a rule', { verdict: 'refused', cancels: true }, 'leave'],
    ['nothing but that, also when it is overdue', { verdict: 'refused', cancels: true, isOverdue: true }, 'leave'],
    ['nothing yet, when nodes do not take it', { verdict: 'notTaken' }, 'leave'],
    ['held, not raised, when no node takes it for long', { verdict: 'notTaken', isOverdue: true }, 'hold'],
    [
      'raised, when no node takes it and the market has left it behind',
      { verdict: 'notTaken', isOverdue: true, isBelowMarket: true },
      'raise',
    ],
    [
      'nothing, when no node takes it and others come first',
      { verdict: 'notTaken', isOverdue: true, isFirst: false },
      'leave',
    ],
    ['raised, when it is a no-op and overdue', { cancels: true, isOverdue: true }, 'raise'],
  ])('%s', (_name, state, expected) => {
    expect(reactTo({ ...FRESH, ...state })).toBe(expected)
  })
})
