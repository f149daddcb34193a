import fc from 'fast-check'
import { amount } from '../../src/amount'
import { newId } from '../../src/ids'
import { attribute, attributeGone, shares } from '../../src/sweep/attribute'

const transfers = (...amounts: bigint[]) => amounts.map((value) => ({ id: newId('transfer'), amount: amount(value) }))

/** Of a token where no gas is given. */
const taking = (left: bigint, remaining: bigint | null, gas: bigint | null = null) => ({
  left: amount(left),
  remaining: remaining === null ? null : amount(remaining),
  gas: gas === null ? null : amount(gas),
})

describe('which transfers a sweep took', () => {
  it('takes all when all of it left', () => {
    const given = transfers(1n, 2n, 3n)
    expect(attribute(given, taking(6n, null))).toEqual(given.map(({ id }) => id))
  })

  it('leaves what arrived after it was signed', () => {
    const given = transfers(5n, 7n)
    expect(attribute(given, taking(5n, 7n))).toEqual([given[0]?.id])
    expect(attribute(given, taking(5n, 8n, 1n))).toEqual([given[0]?.id])
  })

  it('takes money of which gas was paid, and some of that was left over', () => {
    const given = transfers(100n)
    expect(attribute(given, taking(95n, 0n, 5n))).toEqual([given[0]?.id])
    expect(attribute(given, taking(98n, 3n, 5n))).toEqual([given[0]?.id])
  })

  it('takes all of a token that shrank, when none remains', () => {
    const given = transfers(100n, 100n)
    expect(attribute(given, taking(50n, 0n))).toEqual(given.map(({ id }) => id))
  })

  it('leaves a transfer of which it took a small part: a balance was understated when it was signed', () => {
    const [given, older] = [transfers(385n), transfers(5n)]
    expect(attribute(given, taking(1n, 384n, 1n))).toEqual([])
    expect(attribute(given, taking(1n, 384n))).toEqual([])
    expect(attribute([...older, ...given], taking(6n, 384n, 1n))).toEqual([older[0]?.id])
  })

  it('takes a transfer of which rounding left a unit, and leaves one of which a part stayed', () => {
    const given = transfers(10n ** 18n)
    expect(attribute(given, taking(10n ** 18n - 1n, 1n))).toEqual([given[0]?.id])
    expect(attribute(given, taking(10n ** 18n / 2n, 10n ** 18n / 2n))).toEqual([])
  })

  it('leaves coin that cannot have left, also where a node says that nothing remains', () => {
    expect(attribute(transfers(385n), taking(1n, 0n, 1n))).toEqual([])
  })

  it('takes nothing that does not fit, where nobody knows what remains', () => {
    expect(attribute(transfers(100n), taking(95n, null))).toEqual([])
  })

  it('always takes the oldest, and leaves no more than remains, but for a part of one', () => {
    const money = fc.array(fc.bigInt({ min: 1n, max: 1000n }), { maxLength: 8 })
    const upTo = (max: bigint) => fc.bigInt({ min: 0n, max })
    fc.assert(
      fc.property(money, upTo(5000n), upTo(5000n), (parts, left, rest) => {
        const given = transfers(...parts)
        const taken = attribute(given, taking(left, rest))
        expect(taken).toEqual(given.slice(0, taken.length).map(({ id }) => id))
        const stays = given.slice(taken.length + 1).reduce((total, transfer) => total + transfer.amount, 0n)
        expect(stays <= rest).toBe(true)
      }),
    )
  })

  it('never takes more coin than left and gas explain, whatever a node says of the rest', () => {
    const money = fc.array(fc.bigInt({ min: 1n, max: 1000n }), { minLength: 1, maxLength: 8 })
    const upTo = (max: bigint) => fc.bigInt({ min: 0n, max })
    fc.assert(
      fc.property(money, upTo(8000n), upTo(8000n), upTo(50n), (parts, left, rest, gas) => {
        const given = transfers(...parts)
        const taken = new Set(attribute(given, taking(left, rest, gas)))
        const took = given.filter(({ id }) => taken.has(id)).reduce((all, part) => all + part.amount, 0n)
        expect(took <= left + gas).toBe(true)
      }),
    )
  })
})

describe('what is gone from an address', () => {
  it('is the oldest, as far as what it holds is too little for them', () => {
    const given = transfers(5n, 7n)
    expect(attributeGone(given, amount(1n))).toEqual(given.map(({ id }) => id))
    expect(attributeGone(given, amount(8n))).toEqual([given[0]?.id])
    expect(attributeGone(given, amount(12n))).toEqual([])
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
