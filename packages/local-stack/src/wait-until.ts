import { setTimeout as sleep } from 'node:timers/promises'

const POLL_INTERVAL_MS = 50

/** Polls `probe` until it returns true. A probe that throws is not ready yet; after `timeoutMs` its last error is the cause. */
export async function waitUntil(what: string, timeoutMs: number, probe: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + timeoutMs
  let cause: unknown
  for (;;) {
    try {
      if (await probe()) return
    } catch (error) {
      cause = error
    }
    if (Date.now() > deadline) throw new Error(`${what} was not ready within ${timeoutMs} ms`, { cause })
    await sleep(POLL_INTERVAL_MS)
  }
}
