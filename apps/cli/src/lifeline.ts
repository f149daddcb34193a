/**
 * Calls `stop` on SIGINT, SIGTERM, SIGHUP, a 'stop' message from the bootstrap, and the bootstrap's death (its IPC channel
 * closes). A second signal calls `stopNow`: somebody is in a hurry.
 */
export function onStop(stop: () => void, stopNow: () => void): void {
  let asked = false
  const ask = () => {
    if (asked) return stopNow()
    asked = true
    stop()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask)
  // In a terminal a Ctrl-C reaches us and the bootstrap, which then tells us again: that is no second signal.
  process.on('message', (message) => {
    if (message === 'stop' && !asked) ask()
  })
  process.once('disconnect', () => {
    if (!asked) ask()
  })
  process.channel?.unref()
}
