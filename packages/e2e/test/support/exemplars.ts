/** The trace ids that a histogram points to. */
export async function exemplarsOf(opsUrl: string, metric: string): Promise<string[]> {
  const exposition = await (await fetch(`${opsUrl}/metrics`)).text()
  const buckets = exposition.split('\n').filter((line) => line.startsWith(`${metric}_bucket`))
  return buckets.flatMap((line) => /# \{.*trace_id="([0-9a-f]{32})"/.exec(line)?.[1] ?? [])
}
