import { jittered } from '@ctrip/domain/backoff'

/** Pause before each attempt: at once, then 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h. */
export const RETRY_SCHEDULE_SECONDS = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const

/**
 * Milliseconds until the next attempt after `attempts` have failed, ±20 %; null when the schedule is over. `random` is in
 * [0, 1).
 */
export function nextAttemptInMs(scheduleSeconds: readonly number[], attempts: number, random: number): number | null {
  const seconds = scheduleSeconds[attempts]
  return seconds === undefined ? null : jittered(seconds * 1_000, random)
}
