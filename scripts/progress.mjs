const INTERVAL_MS = 60_000

/** Prints a line a minute about what `readProgress` returns, until it is stopped. */
export function reportProgress(phase, readProgress) {
  const startedAt = Date.now()
  const timer = setInterval(() => {
    console.log(
      progressLine({ phase, minutes: Math.round((Date.now() - startedAt) / 60_000), packages: readProgress() }),
    )
  }, INTERVAL_MS)
  return { stop: () => clearInterval(timer) }
}

/** `3 min, packages: 812 passed, 0 failed; 5 packages done; running api 12/24, sweeper 3/16` */
export function progressLine({ phase, minutes, packages }) {
  const sum = (key) => packages.reduce((total, one) => total + one[key], 0)
  const finished = packages.filter((one) => one.finished).length
  const running = packages.filter((one) => !one.finished).map(({ name, done, files }) => `${name} ${done}/${files}`)
  const parts = [
    `${minutes} min, ${phase}: ${sum('passed')} passed, ${sum('failed')} failed`,
    `${finished} ${finished === 1 ? 'package' : 'packages'} done`,
    running.length > 0 ? `running ${running.join(', ')}` : 'no test is running',
  ]
  return parts.join('; ')
}

/** The slowest test files as lines. */
export function slowestLines(files) {
  if (files.length === 0) return []
  return ['Slowest test files:', ...files.map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}`)]
}
