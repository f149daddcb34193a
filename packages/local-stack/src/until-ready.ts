import type { ManagedProcess } from './managed-process'
import { waitUntil } from './wait-until'

/**
 * Waits until a new process responds. If it ends first or is not ready in time, stops it and throws an error with the end of
 * its log.
 */
export async function untilReady(
  child: ManagedProcess,
  timeoutMs: number,
  probe: () => Promise<boolean>,
): Promise<void> {
  let ended: string | null = null
  void child.exited.then((how) => {
    ended = how
  })
  try {
    await waitUntil(child.name, timeoutMs, async () => ended !== null || (await probe()))
    if (ended !== null) throw new Error(`${child.name} ended (${String(ended)}) before it was ready`)
  } catch (cause) {
    await child.stop()
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}:\n${child.logTail()}`, { cause })
  }
}
