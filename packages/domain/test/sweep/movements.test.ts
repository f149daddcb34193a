import fc from 'fast-check'
import { parseAddress } from '../../src/address'
import { AMOUNT_MAX, type Amount, amount } from '../../src/amount'
import { parseHash } from '../../src/hash'
import { type AnnouncedMove, type Emptied, movementsOf } from '../../src/sweep/movements'

const A = addressOf('a')
const B = addressOf('b')
const TREASURY = addressOf('e')
const STRANGER = addressOf('f')
const OURS = hashOf('1')
const OURS_TOO = hashOf('2')
const THEIRS = hashOf('3')

describe('what a token moved', () => {
  /** One address that held 100 and was asked for all of it, and what is booked. */
  it.each<[string, { after: bigint; treasury: [bigint, bigint]; events: AnnouncedMove[]; booked: [bigint, bigint] }]>([
    ['all, as announced', { after: 0n, treasury: [0n, 100n], events: [move(A, TREASURY, 100n)], booked: [100n, 100n] }],
    ['all, announced by nothing', { after: 0n, treasury: [7n, 107n], events: [], booked: [100n, 100n] }],
    [
      'all, announced twice',
      { after: 0n, treasury: [0n, 100n], events: twice(move(A, TREASURY, 100n)), booked: [100n, 100n] },
    ],
    [
      'a fee to the token, announced',
      {
        after: 0n,
        treasury: [0n, 98n],
        events: [move(A, TREASURY, 98n), move(A, STRANGER, 2n)],
        booked: [100n, 98n],
      },
    ],
    [
      'a fee that one event hides',
      { after: 0n, treasury: [0n, 98n], events: [move(A, TREASURY, 100n)], booked: [100n, 98n] },
    ],
    [
      'half, announced as all',
      { after: 50n, treasury: [0n, 50n], events: [move(A, TREASURY, 100n)], booked: [50n, 50n] },
    ],
    [
      'nothing, announced as all',
      { after: 100n, treasury: [0n, 0n], events: [move(A, TREASURY, 100n)], booked: [0n, 0n] },
    ],
    ['all, to nobody', { after: 0n, treasury: [0n, 0n], events: [move(A, TREASURY, 100n)], booked: [100n, 0n] }],
    [
      'an absurd amount, announced twice',
      { after: 0n, treasury: [0n, 100n], events: twice(move(A, TREASURY, AMOUNT_MAX)), booked: [100n, 100n] },
    ],
    [
      'all, on to a cold wallet behind the treasury',
      {
        after: 0n,
        treasury: [0n, 0n],
        events: [move(A, TREASURY, 100n), move(TREASURY, STRANGER, 100n)],
        booked: [100n, 100n],
      },
    ],
    [
      'all, while a treasury shrank by more',
      { after: 0n, treasury: [9_000n, 1_000n], events: [move(A, TREASURY, 100n)], booked: [100n, 100n] },
    ],
    [
      'all, while a treasury grew by more',
      { after: 0n, treasury: [1_000n, 9_000n], events: [move(A, TREASURY, 100n)], booked: [100n, 100n] },
    ],
    [
      'all, silently, while others paid the treasury silently',
      { after: 0n, treasury: [0n, 9_000n], events: [], booked: [100n, 100n] },
    ],
    [
      'all, while more came in the same block',
      {
        after: 30n,
        treasury: [0n, 100n],
        events: [move(A, TREASURY, 100n), move(STRANGER, A, 30n, THEIRS)],
        booked: [100n, 100n],
      },
    ],
    [
      'all, while others used the treasury in the same block',
      {
        after: 0n,
        treasury: [500n, 601n],
        events: [
          move(A, TREASURY, 98n),
          move(A, STRANGER, 2n),
          move(STRANGER, TREASURY, 10n, THEIRS),
          move(TREASURY, STRANGER, 7n, THEIRS),
        ],
        booked: [100n, 98n],
      },
    ],
  ])('%s', (_what, { after, treasury: [before, then], events, booked }) => {
    const one = emptied({ after: amount(after) })
    const [moved] = movementsOf([one], { address: TREASURY, before: amount(before), after: amount(then) }, events)
    expect([moved?.left, moved?.arrived]).toEqual(booked)
  })

  it('splits what a lying token brought by what each address gave', () => {
    const events = [move(A, TREASURY, 100n), move(B, TREASURY, 200n, OURS_TOO)]
    const both = [emptied({}), emptied({ address: B, transactionHash: OURS_TOO, before: amount(200n) })]
    const moved = movementsOf(both, { address: TREASURY, before: amount(5n), after: amount(300n) }, events)
    expect(moved.map(({ left, arrived }) => [left, arrived])).toEqual([
      [100n, 99n],
      [200n, 196n],
    ])
  })

  it('goes by the events of both sides where balances cannot be had, as far as was asked for', () => {
    const unknown = { before: null, after: null }
    const book = (events: AnnouncedMove[]) =>
      movementsOf([emptied(unknown)], { address: TREASURY, ...unknown }, events).map(({ left, arrived }) => [
        left,
        arrived,
      ])
    expect(book([move(A, TREASURY, 98n), move(A, STRANGER, 2n)])).toEqual([[100n, 98n]])
    expect(book(twice(move(A, TREASURY, 100n)))).toEqual([[100n, 100n]])
    expect(book([])).toEqual([[0n, 0n]])
    expect(book([move(A, TREASURY, 100n, THEIRS)])).toEqual([[0n, 0n]])
  })

  it('books exactly what left, and never more than was there or than arrived, whatever is announced', () => {
    const amounts = fc.bigInt({ min: 0n, max: 1_000n }).map(amount)
    const party = fc.constantFrom(A, B, TREASURY, STRANGER)
    const moves = fc.array(
      fc.record({ from: party, to: party, amount: amounts, transactionHash: fc.constantFrom(OURS, OURS_TOO, THEIRS) }),
      { maxLength: 6 },
    )
    const change = fc.record({ before: fc.option(amounts), after: fc.option(amounts) })
    fc.assert(
      fc.property(change, change, change, moves, (one, other, treasury, events) => {
        const both = [emptied(one), emptied({ ...other, address: B, transactionHash: OURS_TOO })]
        const moved = movementsOf(both, { address: TREASURY, ...treasury }, events)
        for (const { address, left, arrived, before, after, requested } of moved) {
          const came = events.filter(({ from, to }) => to === address && from !== to)
          const there = (before ?? 0n) + came.reduce((all, { amount: one }) => all + one, 0n)
          expect(arrived).toBeLessThanOrEqual(left)
          expect(left).toBeLessThanOrEqual(before === null || after === null ? requested : there)
        }
      }),
    )
  })
})

function emptied(terms: Partial<Emptied>): Emptied {
  const held = amount(100n)
  return { address: A, transactionHash: OURS, requested: held, before: held, after: amount(0n), ...terms }
}

function move(from: typeof A, to: typeof A, value: bigint, transactionHash = OURS): AnnouncedMove {
  return { from, to, amount: value as Amount, transactionHash }
}

function twice(event: AnnouncedMove): AnnouncedMove[] {
  return [event, event]
}

function addressOf(digit: string) {
  const address = parseAddress(`0x${digit.repeat(40)}`)
  if (address === null) throw new Error('no address')
  return address
}

function hashOf(digit: string) {
  const hash = parseHash(`0x${digit.repeat(64)}`)
  if (hash === null) throw new Error('no hash')
  return hash
}
