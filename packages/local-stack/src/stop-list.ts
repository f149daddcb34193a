export type Stop = () => Promise<void>

/** The parts to stop, in reverse order of their start. */
export interface StopList {
  readonly add: (stop: Stop) => void
  /** A list whose members are stopped together, at this one's place. */
  readonly together: () => Pick<StopList, 'add'>
  /** Stops everything, even if one part fails. Returns the failures. */
  readonly stopAll: () => Promise<unknown[]>
}

export function stopList(): StopList {
  const stops: Stop[] = []
  const failures: unknown[] = []
  const attempt = (stop: Stop) => stop().catch((error: unknown) => failures.push(error))
  return {
    add: (stop) => stops.push(stop),
    together: () => {
      const group: Stop[] = []
      stops.push(async () => {
        await Promise.all(group.map(attempt))
      })
      return { add: (stop) => group.push(stop) }
    },
    stopAll: async () => {
      for (let stop = stops.pop(); stop; stop = stops.pop()) await attempt(stop)
      return failures
    },
  }
}
