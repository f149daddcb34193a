import fc from 'fast-check'
import {
  bumpFees,
  cappedFees,
  exactFees,
  type Fees,
  feeCap,
  mayReplace,
  raiseRefused,
} from '../../src/transactions/fees'

const eip1559 = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint): Fees => ({
  kind: 'eip1559',
  maxFeePerGas,
  maxPriorityFeePerGas,
})
const legacy = (gasPrice: bigint): Fees => ({ kind: 'legacy', gasPrice })
const CHEAP = eip1559(1n, 1n)

describe('bumpFees', () => {
  it.each<[string, Fees, Fees, Fees]>([
    ['by exactly 12.5 %', eip1559(800n, 80n), CHEAP, eip1559(900n, 90n)],
    ['rounded up', eip1559(801n, 1n), CHEAP, eip1559(902n, 2n)],
    ['to the market, where that is higher', eip1559(800n, 80n), eip1559(5_000n, 70n), eip1559(5_000n, 90n)],
    ['to the market tip, where that is higher', eip1559(800n, 80n), eip1559(700n, 300n), eip1559(900n, 300n)],
    ['on a chain without EIP-1559', legacy(8n), legacy(1n), legacy(9n)],
    ['to the market, on a chain without EIP-1559', legacy(8n), legacy(100n), legacy(100n)],
  ])('raises %s', (_, previous, market, expected) => {
    expect(bumpFees(previous, market)).toEqual(expected)
  })

  it('always raises both fees by 12.5 % or more: a node that asks for it takes the replacement', () => {
    const wei = fc.bigInt({ min: 1n, max: 10n ** 15n })
    fc.assert(
      fc.property(wei, wei, wei, wei, (base, tip, marketBase, marketTip) => {
        const bumped = bumpFees(eip1559(base + tip, tip), eip1559(marketBase + marketTip, marketTip))
        if (bumped.kind !== 'eip1559') throw new Error('another kind')
        expect(bumped.maxFeePerGas * 1_000n).toBeGreaterThanOrEqual((base + tip) * 1_125n)
        expect(bumped.maxPriorityFeePerGas * 1_000n).toBeGreaterThanOrEqual(tip * 1_125n)
        expect(bumped.maxPriorityFeePerGas).toBeLessThanOrEqual(bumped.maxFeePerGas)
      }),
    )
  })
})

describe('raiseRefused', () => {
  const GWEI = 10n ** 9n
  it.each<[string, Fees, bigint | null, Fees]>([
    [
      'to the tip that a node says it needs, in one step',
      eip1559(20n, 1n),
      25n * GWEI,
      eip1559(19n + 25n * GWEI, 25n * GWEI),
    ],
    ['to a gwei where the tip was next to nothing', eip1559(20n, 1n), null, eip1559(19n + GWEI, GWEI)],
    ['from a tip of 0 and a base fee of 0', eip1559(0n, 0n), null, eip1559(GWEI, GWEI)],
    [
      'twice a small tip, and the cap by as much',
      eip1559(100n * GWEI, 2n * GWEI),
      null,
      eip1559((1125n * GWEI) / 10n, 4n * GWEI),
    ],
    [
      'by an eighth where no chain asks for so high a tip',
      eip1559(80n * GWEI, 80n * GWEI),
      null,
      eip1559(90n * GWEI, 90n * GWEI),
    ],
    ['on a chain without EIP-1559', legacy(8n), 100n, legacy(100n)],
  ])('raises %s', (_, previous, neededTip, expected) => {
    expect(raiseRefused(previous, CHEAP, neededTip)).toEqual(expected)
  })

  it('reaches a tip of 25 gwei from 1 wei in six signatures, and far below a ceiling of 200', () => {
    let fees = eip1559(15n * GWEI + 1n, 1n)
    let signatures = 0
    for (; fees.kind === 'eip1559' && fees.maxPriorityFeePerGas < 25n * GWEI; signatures++)
      fees = raiseRefused(fees, CHEAP, null)
    expect(signatures).toBe(6)
    expect(feeCap(fees)).toBeLessThan(60n * GWEI)
  })

  it('is a replacement that nodes take', () => {
    const wei = fc.bigInt({ min: 1n, max: 10n ** 12n })
    fc.assert(
      fc.property(wei, wei, fc.option(wei), (base, tip, neededTip) => {
        const previous = eip1559(base + tip, tip)
        const raised = raiseRefused(previous, CHEAP, neededTip)
        expect(mayReplace(previous, raised)).toBe(true)
        expect(raised.kind === 'eip1559' && raised.maxPriorityFeePerGas <= raised.maxFeePerGas).toBe(true)
      }),
    )
  })
})

describe('mayReplace', () => {
  it.each<[string, Fees, boolean]>([
    ['a tenth more on both', eip1559(110n, 11n), true],
    ['less on the cap', eip1559(109n, 11n), false],
    ['less on the tip', eip1559(110n, 10n), false],
  ])('asks for a tenth more on both fees: %s', (_, next, expected) => {
    expect(mayReplace(eip1559(100n, 10n), next)).toBe(expected)
  })
})

describe('cappedFees', () => {
  it('go down to a cap, tip and all', () => {
    expect(cappedFees(eip1559(150n, 50n), 30n)).toEqual(eip1559(30n, 30n))
    expect(cappedFees(eip1559(150n, 50n), 200n)).toEqual(eip1559(150n, 50n))
    expect(cappedFees(legacy(100n), 30n)).toEqual(legacy(30n))
  })
})

describe('exactFees', () => {
  it('makes gas cost exactly the cap', () => {
    expect(exactFees(eip1559(100n, 3n))).toEqual(eip1559(100n, 100n))
    expect(exactFees(legacy(5n))).toEqual(legacy(5n))
    expect([feeCap(eip1559(100n, 3n)), feeCap(legacy(5n))]).toEqual([100n, 5n])
  })
})
