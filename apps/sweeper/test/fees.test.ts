import { feeCap } from '@ctrip/chain/transactions/fees'
import fc from 'fast-check'
import { capped, depositFees, expectedPrice, gasWalletFees, leastFees } from '../src/chain/fees'
import { batchGas, batchGasLimit } from '../src/strategies/batch-gas'

const wei = (max: bigint) => fc.bigInt({ min: 1n, max })
const market = fc.record({ kind: fc.constant('eip1559' as const), baseFee: wei(10n ** 12n), tip: wei(10n ** 11n) })

describe('what is offered for gas', () => {
  it('is more than gas costs now, and never a tip above the cap', () => {
    fc.assert(
      fc.property(market, (given) => {
        for (const fees of [leastFees(given), depositFees(given), gasWalletFees(given)]) {
          expect(feeCap(fees)).toBeGreaterThanOrEqual(expectedPrice(given))
          expect(fees.kind === 'eip1559' && fees.maxPriorityFeePerGas <= fees.maxFeePerGas).toBe(true)
        }
      }),
    )
  })

  it('survives a block that raises the base fee by an eighth, from deposit addresses two', () => {
    const given = { kind: 'eip1559' as const, baseFee: 80n * 10n ** 9n, tip: 10n ** 9n }
    expect(feeCap(leastFees(given))).toBeGreaterThanOrEqual(90n * 10n ** 9n + given.tip)
    expect(feeCap(depositFees(given))).toBeGreaterThanOrEqual((90n * 9n * 10n ** 9n) / 8n + given.tip)
  })

  it('goes down to a cap, tip and all', () => {
    const fees = depositFees({ kind: 'eip1559', baseFee: 100n, tip: 50n })
    expect(capped(fees, 30n)).toEqual({ kind: 'eip1559', maxFeePerGas: 30n, maxPriorityFeePerGas: 30n })
    expect(capped({ kind: 'legacy', gasPrice: 100n }, 30n)).toEqual({ kind: 'legacy', gasPrice: 30n })
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
