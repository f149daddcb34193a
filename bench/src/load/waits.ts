import type { StackDescriptor } from '@ctrip/local-stack/stack-descriptor'
import { round } from '../lab/statistics'

/** The scanner's waiting times, from its own metrics. */
const METRICS = ['ctrip_rpc_request_duration_seconds', 'ctrip_db_query_duration_seconds', 'ctrip_job_duration_seconds']
const LINE = /^(\w+)_(sum|count)\{([^}]*)\} ([\d.e+-]+)/
const WAITS_SHOWN = 8

export type Totals = Readonly<Record<string, { sum: number; count: number }>>

export async function readWaits(stack: StackDescriptor): Promise<Totals> {
  const response = await fetch(`${stack.services.scanner.ops_url}/metrics`)
  const totals: Record<string, { sum: number; count: number }> = {}
  for (const line of (await response.text()).split('\n')) {
    const [, metric = '', part = '', labels = '', value = '0'] = LINE.exec(line) ?? []
    if (!METRICS.includes(metric)) continue
    const what = /(?:method|operation|job)="([^"]*)"/.exec(labels)?.[1] ?? metric
    const total = totals[what] ?? { sum: 0, count: 0 }
    total[part === 'sum' ? 'sum' : 'count'] += Number(value)
    totals[what] = total
  }
  return totals
}

/** The operations that took most time between two readings: count, and milliseconds each. */
export function longestWaits(before: Totals, after: Totals): Record<string, { count: number; mean_ms: number }> {
  const spent = Object.entries(after).map(([what, { sum, count }]) => {
    const earlier = before[what] ?? { sum: 0, count: 0 }
    return { what, seconds: sum - earlier.sum, count: count - earlier.count }
  })
  const longest = spent.filter(({ count }) => count > 0).sort((a, b) => b.seconds - a.seconds)
  return Object.fromEntries(
    longest
      .slice(0, WAITS_SHOWN)
      .map(({ what, seconds, count }) => [what, { count, mean_ms: round((seconds * 1_000) / count, 1) }]),
  )
}
