import fc from 'fast-check'
import { bumpFees, exactFees, type Fees, feeCap, quoteFees } from '../../src/transactions/fees'

const eip1559 = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint): Fees => ({
  kind: 'eip1559',
  maxFeePerGas,
  maxPriorityFeePerGas,
})
const legacy = (gasPrice: bigint): Fees => ({ kind: 'legacy', gasPrice })
const CHEAP = eip1559(1n, 1n)

describe('quoteFees', () => {
  it('takes the median tip, and leaves room for the base fee to double', () => {
    expect(quoteFees({ nextBaseFeePerGas: 100n, medianTips: [9n, 1n, 5n] })).toEqual(eip1559(205n, 5n))
  })

  it('tips at least 1 wei, also where nobody else sent anything', () => {
    expect(quoteFees({ nextBaseFeePerGas: 100n, medianTips: [] })).toEqual(eip1559(201n, 1n))
    expect(quoteFees({ nextBaseFeePerGas: 0n, medianTips: [0n, 0n] })).toEqual(eip1559(1n, 1n))
  })

  it('orders tips as numbers, not as text', () => {
    expect(quoteFees({ nextBaseFeePerGas: 0n, medianTips: [10n, 9n, 100n] })).toEqual(eip1559(10n, 10n))
  })
})

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

describe('exactFees', () => {
  it('makes gas cost exactly the cap', () => {
    expect(exactFees(eip1559(100n, 3n))).toEqual(eip1559(100n, 100n))
    expect(exactFees(legacy(5n))).toEqual(legacy(5n))
    expect([feeCap(eip1559(100n, 3n)), feeCap(legacy(5n))]).toEqual([100n, 5n])
  })
})
