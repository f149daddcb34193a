import { requestWindows } from '../src/http/request-windows'

/** A clock that the test moves. */
function clock() {
  let at = 0
  const pass = (ms: number): void => {
    at += ms
  }
  return { now: () => at, pass }
}

test('counts each key apart, and again from the end of its window', () => {
  const { now, pass } = clock()
  const windows = requestWindows({ requests: 2, windowMs: 1_000 }, now)
  expect(windows.take('a')).toEqual({ allowed: true, remaining: 1, resetMs: 1_000 })
  pass(400)
  expect(windows.take('a')).toEqual({ allowed: true, remaining: 0, resetMs: 600 })
  expect(windows.take('a').allowed).toBe(false)
  expect(windows.take('b').allowed).toBe(true)
  pass(600)
  expect(windows.take('a')).toEqual({ allowed: true, remaining: 1, resetMs: 1_000 })
})

test('gives no key a fresh quota because many others came', () => {
  const { now } = clock()
  const windows = requestWindows({ requests: 1, windowMs: 1_000, keysMax: 100 }, now)
  expect(windows.take('first').allowed).toBe(true)
  for (let n = 0; n < 10_000; n++) windows.take(`other ${n}`)
  expect(windows.take('first').allowed).toBe(false)
})

test('lets new keys share a bounded number of counters once there are too many', () => {
  const { now, pass } = clock()
  const windows = requestWindows({ requests: 1, windowMs: 1_000, keysMax: 100 }, now)
  let allowed = 0
  for (let n = 0; n < 20_000; n++) if (windows.take(`key ${n}`).allowed) allowed++
  expect(allowed).toBeLessThanOrEqual(100 + 1_024)
  pass(1_000)
  expect(windows.take('key 19999').allowed).toBe(true)
})

test('keeps little of long keys: 20,000 of 15 KB each cost less than 20 MB', () => {
  const windows = requestWindows({ requests: 1, windowMs: 60_000 })
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < 20_000; n++) windows.take(`${n} ${'x'.repeat(15_000)}`)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000)
  expect(windows.take(`7 ${'x'.repeat(15_000)}`).allowed).toBe(false)
})
