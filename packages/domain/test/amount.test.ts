import fc from 'fast-check'
import { AMOUNT_MAX, amount, formatUnits, parseAmount, sum } from '../src/amount'

const amounts = fc.bigInt({ min: 0n, max: AMOUNT_MAX }).map(amount)

describe('an amount', () => {
  it('is anything from nothing to 2^256 - 1, exactly', () => {
    fc.assert(fc.property(amounts, (value) => parseAmount(value.toString()) === value))
  })

  it.each([
    '-1',
    '+1',
    '1.0',
    '1e3',
    '01',
    '',
    ' 1',
    '1 ',
    '0x10',
    '１',
    '1_000',
    (2n ** 256n).toString(),
    '9'.repeat(79),
  ])('is not parsed from %j', (text) => {
    expect(parseAmount(text)).toBeNull()
  })

  it('is never negative', () => {
    expect(() => amount(-1n)).toThrow(RangeError)
  })

  it('is never more than a uint256 holds', () => {
    expect(() => amount(2n ** 256n)).toThrow(RangeError)
  })

  it('is summed up to what a uint256 holds, so that a token that announces more stops nothing', () => {
    expect(sum([AMOUNT_MAX, amount(1n)])).toBe(AMOUNT_MAX)
    expect(sum([AMOUNT_MAX, AMOUNT_MAX])).toBe(AMOUNT_MAX)
  })

  it('is summed exactly beyond what a float holds', () => {
    expect(sum([amount(2n ** 53n), amount(1n)])).toBe(2n ** 53n + 1n)
  })
})

describe('an amount in units of its asset', () => {
  it.each([
    [0n, 0, '0'],
    [7n, 0, '7'],
    [0n, 6, '0'],
    [1n, 6, '0.000001'],
    [1_500_000n, 6, '1.5'],
    [10_000_000n, 6, '10'],
    [1n, 18, '0.000000000000000001'],
    [10n ** 18n, 18, '1'],
    [1n, 36, `0.${'0'.repeat(35)}1`],
    [AMOUNT_MAX, 0, '115792089237316195423570985008687907853269984665640564039457584007913129639935'],
    [AMOUNT_MAX, 18, '115792089237316195423570985008687907853269984665640564039457.584007913129639935'],
    [AMOUNT_MAX, 36, '115792089237316195423570985008687907853269.984665640564039457584007913129639935'],
  ] as const)('%s with %s decimals is %s', (value, decimals, text) => {
    expect(formatUnits(amount(value), decimals)).toBe(text)
  })

  it('loses no digit', () => {
    fc.assert(
      fc.property(amounts, fc.constantFrom(0, 6, 18, 36), (value, decimals) => {
        const [whole = '', fraction = ''] = formatUnits(value, decimals).split('.')
        return BigInt(whole + fraction.padEnd(decimals, '0')) === value
      }),
    )
  })
})
