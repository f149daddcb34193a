import { expectedPrice } from '@ctrip/chain/transactions/fee-market'
import { feeCap, tipOf } from '@ctrip/chain/transactions/fees'
import fc from 'fast-check'
import { depositFees, gasWalletFees, type KnownMarket, within } from '../src/chain/fees'
import { batchGas, batchGasLimit } from '../src/strategies/batch-gas'

const wei = (max: bigint) => fc.bigInt({ min: 1n, max })
const market = fc.record({
  kind: fc.constant('eip1559' as const),
  baseFee: wei(10n ** 12n),
  headroom: wei(10n ** 11n),
  tip: wei(10n ** 11n),
})

describe('what is offered for gas', () => {
  it('is at least what gas costs now, with the tip that the market asks', () => {
    fc.assert(
      fc.property(market, (given) => {
        for (const fees of [depositFees(given), gasWalletFees(given)]) {
          expect(feeCap(fees)).toBeGreaterThanOrEqual(expectedPrice(given))
          expect(tipOf(fees)).toBe(given.tip)
        }
      }),
    )
  })

  it('leaves no more than the headroom at a deposit address', () => {
    const given: KnownMarket = { kind: 'eip1559', baseFee: 80n, headroom: 7n, tip: 3n }
    expect(feeCap(depositFees(given)) - expectedPrice(given)).toBe(7n)
    expect(depositFees({ ...given, headroom: 0n })).toEqual({
      kind: 'eip1559',
      maxFeePerGas: 83n,
      maxPriorityFeePerGas: 3n,
    })
  })

  it.each<[bigint, bigint | null]>([
    [1_000n, 203n],
    [203n, 203n],
    [150n, 150n],
    [103n, 103n],
    [102n, null],
    [0n, null],
    [-5n, null],
  ])('within a limit of %d wei is %d', (limit, cap) => {
    const given: KnownMarket = { kind: 'eip1559', baseFee: 100n, headroom: 0n, tip: 3n }
    const fees = within(limit, gasWalletFees(given), given)
    expect(fees === null ? null : feeCap(fees)).toBe(cap)
  })
})

describe('gas of a batch', () => {
  const item = (isDelegated: boolean, transferGas = 51_000n) => ({ transferGas, isDelegated })

  it('is dearer than a top-up for one new address, and cheaper for several', () => {
    const topUps = (count: bigint) => count * (21_000n + 51_000n)
    expect(batchGas([item(false)]) > topUps(1n)).toBe(true)
    expect(batchGas([item(false), item(false), item(false)]) < topUps(3n)).toBe(true)
    expect(batchGas([item(true)]) < topUps(1n)).toBe(true)
  })

  it('offers enough for every item to get its own limit, and not the world for a greedy token', () => {
    expect(batchGasLimit([item(false)])).toBeGreaterThan(batchGas([item(false)]))
    expect(batchGasLimit([item(true, 10_000_000n)])).toBeLessThan(400_000n)
  })
})
