import fc from 'fast-check'
import { differByMoreThan } from '../../src/rates'
import {
  type FeedRound,
  judgeRound,
  type RoundHistory,
  type RoundLimits,
  rateOfRound,
  refuseRound,
} from '../../src/rates/judge-round'

const NOW = new Date('2026-01-01T12:00:00Z')
const LIMITS: RoundLimits = { maxAgeSeconds: 3600, maxJumpBps: 2000 }
const NOTHING: RoundHistory = { accepted: null, unconfirmed: null }

function round(roundId: number, answer: number | bigint, changes: Partial<FeedRound> = {}): FeedRound {
  return { roundId: BigInt(roundId), answer: BigInt(answer), decimals: 0, updatedAt: NOW, ...changes }
}

/** The refusals of rounds that come one after the other, each judged by those before it. */
function refusals(rounds: readonly FeedRound[]): (string | null)[] {
  let history: RoundHistory = NOTHING
  return rounds.map((next) => {
    const refusal = refuseRound(history, next, LIMITS)
    history = {
      accepted: refusal === null ? next : history.accepted,
      unconfirmed: refusal === 'jump' || refusal === 'decimals_changed' ? { round: next, refusal } : null,
    }
    return refusal
  })
}

describe('a round', () => {
  it('is used while it is as old as allowed, and not a millisecond longer', () => {
    const at = (age: number) => round(1, 100, { updatedAt: new Date(NOW.getTime() - age) })
    expect(judgeRound(NOTHING, at(3_600_000), NOW, LIMITS)).toEqual({ available: true, reason: null })
    expect(judgeRound(NOTHING, at(3_600_001), NOW, LIMITS)).toEqual({ available: false, reason: 'stale' })
  })

  it.each([
    ['zero', round(1, 0), 'not_positive'],
    ['negative', round(1, -1), 'not_positive'],
    ['never updated', round(1, 100, { updatedAt: new Date(0) }), 'bad_time'],
    ['of absurd decimals', round(1, 100, { decimals: 200 }), 'bad_decimals'],
  ])('that is %s is refused', (_what, given, reason) => {
    expect(judgeRound(NOTHING, given, NOW, LIMITS)).toEqual({ available: false, reason })
  })
})

describe('a jump', () => {
  it('of exactly the limit is none', () => {
    expect(refusals([round(1, 100), round(2, 120), round(3, 96)])).toEqual([null, null, null])
  })

  it('is refused until a second round confirms it', () => {
    expect(refusals([round(1, 100), round(2, 200), round(3, 190), round(4, 200)])).toEqual([null, 'jump', null, null])
  })

  it('is not confirmed by the same round read again', () => {
    expect(refusals([round(1, 100), round(2, 200), round(2, 200)])).toEqual([null, 'jump', 'jump'])
  })

  it('is not confirmed by another jump', () => {
    expect(refusals([round(1, 100), round(2, 200), round(3, 400), round(4, 410)])).toEqual([null, 'jump', 'jump', null])
  })

  it('that is taken back leaves the rate as it was', () => {
    expect(refusals([round(1, 100), round(2, 200), round(3, 101)])).toEqual([null, 'jump', null])
  })

  it('is not confirmed across a round of nothing', () => {
    expect(refusals([round(1, 100), round(2, 200), round(3, 0), round(4, 200), round(5, 200)])).toEqual([
      null,
      'jump',
      'not_positive',
      'jump',
      null,
    ])
  })

  it('never lets a rate move further than the limit between two accepted rounds without a round beside it', () => {
    const answers = fc.array(fc.integer({ min: -2, max: 1000 }), { maxLength: 30 })
    fc.assert(
      fc.property(answers, (values) => {
        const rounds = values.map((value, index) => round(index, value))
        const verdicts = refusals(rounds)
        const near = (first: FeedRound, second: FeedRound) =>
          first.answer > 0n && !differByMoreThan(rateOfRound(first), rateOfRound(second), LIMITS.maxJumpBps)
        return rounds.every((given, index) => {
          if (verdicts[index] !== null) return true
          const earlier = rounds.slice(0, index).filter((_, at) => verdicts[at] === null)
          const [base, before] = [earlier.at(-1), rounds[index - 1]]
          return base === undefined || near(base, given) || (before !== undefined && near(before, given))
        })
      }),
    )
  })
})

describe('changed decimals', () => {
  const before = round(1, 3_000, { decimals: 0 })

  it('wait for a second round, where the rate stays', () => {
    const after = (id: number) => round(id, 300_000, { decimals: 2 })
    expect(refusals([before, after(2), after(3)])).toEqual([null, 'decimals_changed', null])
  })

  it('are never believed where the response stays, which would change the rate by powers of ten', () => {
    const after = (id: number) => round(id, 3_000, { decimals: 2 })
    expect(refusals([before, after(2), after(3), after(4)])).toEqual([
      null,
      'decimals_changed',
      'decimals_changed',
      'decimals_changed',
    ])
  })
})
