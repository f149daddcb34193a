/**
 * Does together what is asked for one by one: while one batch is under way the next one gathers, so that batches grow with the
 * load and nobody waits for a timer. All of a batch share its result, or its failure.
 */
export function gather<Item, Result>(options: {
  readonly batchMax: number
  readonly flush: (items: readonly Item[]) => Promise<Result>
}): (item: Item) => Promise<Result> {
  const waiting: { item: Item; done: (result: Result) => void; fail: (error: unknown) => void }[] = []
  let flushing = false

  async function flushAll(): Promise<void> {
    flushing = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, options.batchMax)
      try {
        const result = await options.flush(batch.map(({ item }) => item))
        for (const { done } of batch) done(result)
      } catch (error) {
        for (const { fail } of batch) fail(error)
      }
    }
    flushing = false
  }

  return (item) =>
    new Promise<Result>((done, fail) => {
      waiting.push({ item, done, fail })
      // After this tick: what is asked for in the same tick comes along.
      if (!flushing) {
        flushing = true
        setImmediate(() => void flushAll())
      }
    })
}
