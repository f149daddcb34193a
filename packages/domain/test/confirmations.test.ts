import { AMOUNT_MAX, amount } from '../src/amount'
import { jittered } from '../src/backoff'
import { type ConfirmationPolicy, confirmationsAt, confirmationsRequired, smallestDepth } from '../src/confirmations'

const TIERS: ConfirmationPolicy = {
  kind: 'tiers',
  tiers: [
    { below: amount(1_000n), depth: 3 },
    { below: amount(1_000_000n), depth: 12 },
    { below: null, depth: 64 },
  ],
}

describe('confirmations', () => {
  it.each([
    [100, 100, 1],
    [102, 100, 3],
    [99, 100, 0],
    [50, 100, 0],
  ])('under head %i of block %i are %i', (head, block, confirmations) => {
    expect(confirmationsAt(head, block)).toBe(confirmations)
  })

  it.each([
    [1n, 3],
    [999n, 3],
    [1_000n, 12],
    [999_999n, 12],
    [1_000_000n, 64],
    [AMOUNT_MAX, 64],
  ])('required of %s are %i by tiers', (value, depth) => {
    expect(confirmationsRequired(TIERS, amount(value))).toBe(depth)
  })

  it('required beyond the last tier are those of the last tier', () => {
    const bounded: ConfirmationPolicy = { kind: 'tiers', tiers: [{ below: amount(10n), depth: 3 }] }
    expect(confirmationsRequired(bounded, amount(10n))).toBe(3)
  })

  it('required by depth are the same of any amount', () => {
    expect(confirmationsRequired({ kind: 'depth', depth: 12 }, AMOUNT_MAX)).toBe(12)
  })

  it('required where a tag decides are no number', () => {
    expect(confirmationsRequired({ kind: 'tag', tag: 'finalized' }, amount(1n))).toBeNull()
  })
})

it.each([
  [TIERS, 3],
  [{ kind: 'depth', depth: 12 }, 12],
  [{ kind: 'tag', tag: 'safe' }, null],
] satisfies [ConfirmationPolicy, number | null][])('the smallest depth of %j is %s', (policy, depth) => {
  expect(smallestDepth(policy)).toBe(depth)
})

it.each([
  [0, 800],
  [0.5, 1_000],
  [1, 1_200],
])('a second, jittered by %s, is %i ms', (random, ms) => {
  expect(jittered(1_000, random)).toBe(ms)
})
