import fc from 'fast-check'
import {
  expectedPrice,
  type FeeHistory,
  type FeeMarket,
  type FeeReadings,
  isBelowMarket,
  judgeMarket,
  medianMarket,
  needsGasPrice,
} from '../../src/transactions/fee-market'

const GWEI = 10n ** 9n
const LIMITS = { minTipWei: 0n, maxGasPriceWei: 200n * GWEI }
const NOTHING: FeeReadings = { history: null, latestBaseFee: null, suggestedTip: null, gasPrice: null }
const calm = (...medianTips: bigint[]): FeeHistory => ({ baseFees: [80n, 80n, 80n, 80n], medianTips })
const market = (tip: bigint, baseFee = 80n, headroom = 0n): FeeMarket => ({ kind: 'eip1559', baseFee, headroom, tip })
const TOO_MUCH = 2n ** 255n

describe('what gas costs, by what the sources say', () => {
  it.each<[string, Partial<FeeReadings>, FeeMarket]>([
    ['the suggested tip over the tips taken', { history: calm(9n), suggestedTip: 5n }, market(5n)],
    ['the median of the tips taken where none is suggested', { history: calm(9n, 1n, 5n) }, market(5n)],
    ['the median, ordered as numbers', { history: calm(10n, 9n, 100n) }, market(10n)],
    ['the median where 0 is suggested', { history: calm(9n), suggestedTip: 0n }, market(9n)],
    [
      'what the gas price holds above the base fee where no source names a tip',
      { history: calm(), gasPrice: 87n },
      market(7n),
    ],
    [
      'that also where 0 is suggested and taken',
      { history: calm(0n), suggestedTip: 0n, gasPrice: GWEI + 80n },
      market(GWEI),
    ],
    ['0 where all say 0', { history: calm(0n), suggestedTip: 0n, gasPrice: 80n }, market(0n)],
    ['0 where only a calm history answers', { history: calm() }, market(0n)],
    [
      'the newest block with a full rise where the history fails',
      { latestBaseFee: 80n, suggestedTip: 2n },
      market(2n, 90n, 11n),
    ],
    ['the newest block and the gas price', { latestBaseFee: 80n, gasPrice: 95n }, market(5n, 90n, 11n)],
    ['a base fee of 0', { latestBaseFee: 0n, suggestedTip: GWEI }, market(GWEI, 0n)],
    ['the gas price alone, as a legacy price', { gasPrice: 7n }, { kind: 'legacy', gasPrice: 7n }],
    ['the gas price of 0 of a free chain', { gasPrice: 0n }, { kind: 'legacy', gasPrice: 0n }],
    ['nothing, where a source names only a tip', { suggestedTip: 7n }, { kind: 'unknown' }],
    ['nothing, where a source names only a base fee', { latestBaseFee: 80n }, { kind: 'unknown' }],
    ['nothing, where no source answers', {}, { kind: 'unknown' }],
    ['the tips taken over an absurd suggestion', { history: calm(9n), suggestedTip: TOO_MUCH }, market(9n)],
    [
      'the tips taken over a suggestion above the ceiling',
      { history: calm(9n), suggestedTip: 201n * GWEI },
      market(9n),
    ],
    ['the sane of the tips taken', { history: calm(TOO_MUCH, 9n, TOO_MUCH) }, market(9n)],
    ['0 where the only tip is absurd', { history: calm(), suggestedTip: TOO_MUCH }, market(0n)],
    [
      'a tip above the ceiling where none tells less: it is too dear',
      { history: calm(), suggestedTip: 201n * GWEI },
      market(201n * GWEI),
    ],
    [
      'the newest block over an absurd history',
      { history: { baseFees: [TOO_MUCH], medianTips: [1n] }, latestBaseFee: 80n },
      market(1n, 90n, 11n),
    ],
    [
      'the gas price over absurd base fees',
      { latestBaseFee: TOO_MUCH, gasPrice: 7n },
      { kind: 'legacy', gasPrice: 7n },
    ],
    [
      'nothing, where all of it is absurd',
      { latestBaseFee: TOO_MUCH, suggestedTip: TOO_MUCH, gasPrice: TOO_MUCH },
      { kind: 'unknown' },
    ],
    ['no tip by an absurd gas price', { history: calm(), gasPrice: TOO_MUCH }, market(0n)],
  ])('is %s', (_name, readings, expected) => {
    expect(judgeMarket({ ...NOTHING, ...readings }, LIMITS)).toEqual(expected)
  })

  it.each<[string, Partial<FeeReadings>, FeeMarket]>([
    ['a quiet chain', { history: calm(), suggestedTip: 1n }, market(25n * GWEI)],
    ['a chain that says nothing of tips', { history: calm() }, market(25n * GWEI)],
    ['a legacy chain', { gasPrice: 1n }, { kind: 'legacy', gasPrice: 25n * GWEI }],
    ['a chain that asks more', { history: calm(), suggestedTip: 30n * GWEI }, market(30n * GWEI)],
  ])('is never below the configured minimum on %s', (_name, readings, expected) => {
    expect(judgeMarket({ ...NOTHING, ...readings }, { ...LIMITS, minTipWei: 25n * GWEI })).toEqual(expected)
  })

  it.each<[string, bigint[], bigint]>([
    ['nothing on a calm chain', [80n, 80n, 80n], 0n],
    ['nothing while base fees fall', [100n, 90n, 80n], 0n],
    ['the largest rise of two blocks', [1_000n, 1_050n, 1_100n, 1_000n], 100n],
    ['no more than two full blocks bring', [1n, 1n, 6_400n], 1_700n],
    ['nothing where there is no base fee', [0n, 0n, 0n], 0n],
    ['nothing by a single block', [80n], 0n],
  ])('leaves as headroom %s', (_name, baseFees, headroom) => {
    const baseFee = baseFees.at(-1) ?? 0n
    const readings = { ...NOTHING, history: { baseFees, medianTips: [] }, suggestedTip: 1n }
    expect(judgeMarket(readings, LIMITS)).toEqual(market(1n, baseFee, headroom))
  })

  it('is a price that can be signed, or unknown, whatever is said', () => {
    const wei = fc.option(fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.constantFrom(0n, TOO_MUCH, 10n ** 18n)))
    const history = fc.option(
      fc.record({ baseFees: fc.array(fc.bigInt(0n, 2n ** 256n)), medianTips: fc.array(fc.bigInt(0n, 2n ** 256n)) }),
    )
    const readings = fc.record({ history, latestBaseFee: wei, suggestedTip: wei, gasPrice: wei })
    fc.assert(
      fc.property(readings, fc.bigInt(0n, 10n ** 11n), (said, minTipWei) => {
        const judged = judgeMarket(said, { ...LIMITS, minTipWei })
        if (judged.kind === 'unknown') return
        expect(expectedPrice(judged)).toBeLessThan(3n * 10n ** 18n)
        expect(expectedPrice(judged)).toBeGreaterThanOrEqual(minTipWei)
        if (judged.kind === 'legacy') return
        expect(judged.headroom).toBeLessThanOrEqual((judged.baseFee * 17n) / 64n + 1n)
        // A gas price that need not be asked changes nothing.
        if (!needsGasPrice(said, LIMITS))
          expect(judgeMarket({ ...said, gasPrice: null }, { ...LIMITS, minTipWei })).toEqual(judged)
      }),
    )
  })
})

it('knows what no block takes: a cap below the base fee, whatever its tip', () => {
  const offer = (maxFeePerGas: bigint) => ({ kind: 'eip1559' as const, maxFeePerGas, maxPriorityFeePerGas: 1n })
  expect([79n, 80n].map((cap) => isBelowMarket(offer(cap), market(5n)))).toEqual([true, false])
  expect(isBelowMarket({ kind: 'legacy', gasPrice: 6n }, { kind: 'legacy', gasPrice: 7n })).toBe(true)
  expect(isBelowMarket(offer(0n), { kind: 'unknown' })).toBe(false)
})

describe('the market among what several providers say', () => {
  const legacy = (gasPrice: bigint): FeeMarket => ({ kind: 'legacy', gasPrice })
  const unknown: FeeMarket = { kind: 'unknown' }

  it.each<[string, readonly FeeMarket[], FeeMarket]>([
    ['not the one that lies high', [market(150n * GWEI), market(5n), market(4n)], market(5n)],
    ['not the one that lies low', [market(5n, 1n), market(4n), market(6n)], market(4n)],
    ['the lower of two', [market(9n), market(5n)], market(5n)],
    ['the middle one in price, of whatever kind', [legacy(90n), market(4n), market(30n)], legacy(90n)],
    ['the only one that is known', [unknown, market(5n), unknown], market(5n)],
    ['unknown where none is known', [unknown, unknown], unknown],
    ['unknown where nobody was asked', [], unknown],
  ])('is %s', (_name, markets, expected) => {
    expect(medianMarket(markets)).toEqual(expected)
  })
})
