import fc from 'fast-check'
import { amount } from '../../src/amount'
import { newId } from '../../src/ids'
import { attribute, shares } from '../../src/sweep/attribute'

const transfers = (...amounts: bigint[]) => amounts.map((value) => ({ id: newId('transfer'), amount: amount(value) }))

describe('which transfers a sweep took', () => {
  it('takes all when all of it left', () => {
    const given = transfers(1n, 2n, 3n)
    expect(attribute(given, amount(6n), null)).toEqual(given.map(({ id }) => id))
  })

  it('leaves what arrived after it was signed', () => {
    const given = transfers(5n, 7n)
    expect(attribute(given, amount(5n), amount(7n))).toEqual([given[0]?.id])
  })

  it('takes what cannot be there any more, although less than that left: gas was paid from it, or the token shrank', () => {
    const given = transfers(100n)
    expect(attribute(given, amount(95n), amount(0n))).toEqual([given[0]?.id])
    expect(attribute(given, amount(95n), amount(3n))).toEqual([given[0]?.id])
  })

  it('takes nothing that does not fit, where nobody knows what remains', () => {
    expect(attribute(transfers(100n), amount(95n), null)).toEqual([])
  })

  it('always takes the oldest, and leaves no more than remains', () => {
    const money = fc.array(fc.bigInt({ min: 1n, max: 1000n }), { maxLength: 8 })
    fc.assert(
      fc.property(
        money,
        fc.bigInt({ min: 0n, max: 5000n }),
        fc.bigInt({ min: 0n, max: 5000n }),
        (parts, left, rest) => {
          const given = transfers(...parts)
          const taken = attribute(given, amount(left), amount(rest))
          expect(taken).toEqual(given.slice(0, taken.length).map(({ id }) => id))
          const stays = given.slice(taken.length).reduce((total, transfer) => total + transfer.amount, 0n)
          expect(stays <= rest).toBe(true)
        },
      ),
    )
  })
})

describe('shares', () => {
  it('add up, and differ by one at most', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.integer({ min: 1, max: 100 }), (total, parts) => {
        const given = shares(total, parts)
        expect(given.reduce((sum, share) => sum + share, 0n)).toBe(total)
        const [first = 0n] = given
        expect(given.every((share) => first - share <= 1n && share <= first)).toBe(true)
      }),
    )
  })
})
