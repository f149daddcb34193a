/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/** Whether a scraper asks for the older text format and does not know OpenMetrics: vmagent, older agents. */
export function wantsPrometheusText(accept = ''): boolean {
  return accept.includes('text/plain') && !accept.includes('application/openmetrics-text')
}

/**
 * OpenMetrics rendered as the older text format: no exemplars, no end mark, and counters declared under the names that their samples
 * have. From the finished text, because prom-client renames its counters for good once it has rendered OpenMetrics.
 */
export function toPrometheusText(openMetrics: string): string {
  return openMetrics
    .replace(/^# EOF\n/m, '')
    .replace(/^([^#\n].*) # \{trace_id=.*$/gm, '$1')
    .replace(/^# HELP (\S+) (.*)\n# TYPE \1 counter$/gm, '# HELP $1_total $2\n# TYPE $1_total counter')
}
