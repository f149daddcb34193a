import fc from 'fast-check'
import { RETRY_SCHEDULE_SECONDS } from '../src/config'
import { nextAttemptInMs } from '../src/delivery-outcome'

const HOUR = 3_600_000

test('makes ten attempts within four days, at once, after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h', () => {
  const pauses = RETRY_SCHEDULE_SECONDS.map((_, attempts) => nextAttemptInMs(RETRY_SCHEDULE_SECONDS, attempts, 0.5))
  expect(pauses).toEqual([0, 5_000, 300_000, HOUR / 2, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR])
  expect(nextAttemptInMs(RETRY_SCHEDULE_SECONDS, 10, 0.5)).toBeNull()
})

test('strays from each pause by at most a fifth', () => {
  fc.assert(
    fc.property(fc.nat(9), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempts, random) => {
      const exact = (RETRY_SCHEDULE_SECONDS[attempts] ?? 0) * 1_000
      const pause = nextAttemptInMs(RETRY_SCHEDULE_SECONDS, attempts, random) ?? Number.NaN
      expect(Math.abs(pause - exact)).toBeLessThanOrEqual(exact * 0.2 + 1)
    }),
    { numRuns: 200 },
  )
})
