// The shapes of query that dashboards repeat. $__rate_interval: never shorter than four scrapes, or gaps would look like zero.

export function rate(series: string, by: readonly string[] = []): string {
  return `sum${grouped(by)} (rate(${series}[$__rate_interval]))`
}

/** For what happens some times an hour: payments, reorgs, sweeps. */
export function ratePerHour(series: string, by: readonly string[] = []): string {
  return `${rate(series, by)} * 3600`
}

/** Of a histogram, by its name and matchers: `quantile(0.95, 'ctrip_x_seconds', '{chain=~"$chain"}', ['chain'])`. */
export function quantile(q: number, histogram: string, matchers = '', by: readonly string[] = []): string {
  return `histogram_quantile(${q}, sum${grouped(['le', ...by])} (rate(${histogram}_bucket${matchers}[$__rate_interval])))`
}

/** The median and the slow end, as two queries. `legend` is put before: `{{chain}}`. */
export function quantiles(histogram: string, matchers = '', by: readonly string[] = []): Record<string, string> {
  const legend = by.map((label) => `{{${label}}} `).join('')
  return {
    [`${legend}p50`]: quantile(0.5, histogram, matchers, by),
    [`${legend}p95`]: quantile(0.95, histogram, matchers, by),
  }
}

/** What never happened has no series, and is a share of zero: not a gap. */
export function share(part: string, whole: string): string {
  return `(${part} or ${whole} * 0) / (${whole} > 0)`
}

function grouped(by: readonly string[]): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')})`
}
