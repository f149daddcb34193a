import { amount } from '../../src/amount'
import { feeCeiling, waitMs, worthCollecting } from '../../src/sweep/policy'
import { isOverdue, maySignAgain, replaceAfterMs } from '../../src/sweep/replacement'

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
