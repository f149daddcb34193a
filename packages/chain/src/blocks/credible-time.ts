const AHEAD_SECONDS_MAX = 24 * 60 * 60

/**
 * Whether a block can have this time, in Unix seconds: at most a day ahead of our clock. A node that claims more is wrong, and a
 * number beyond what a Date holds would make each use of it fail.
 */
export function isCredibleTime(timestamp: number, nowMs = Date.now()): boolean {
  return timestamp <= nowMs / 1_000 + AHEAD_SECONDS_MAX
}
