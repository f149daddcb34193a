/** A metric with labels, as Prometheus reads it. */
interface Metric {
  readonly name: string
  readonly kind: 'counter' | 'gauge'
  readonly help: string
  readonly series: Map<string, number>
}

type Labels = Readonly<Record<string, string>>

const metrics: Metric[] = []

export const signatures = counter({
  name: 'signer_signatures_total',
  help: 'Signatures returned, by the shape of what was signed; `repeat` for requests that were answered before.',
})

export const refusals = counter({
  name: 'signer_refusals_total',
  help: 'Requests that the policy refused, by rule.',
})

export const logEntries = gauge({
  name: 'signer_log_entries',
  help: 'Entries of the log of signatures.',
})

const buildInfo = gauge({ name: 'build_info', help: 'What is running; always 1' })
// Under the names that prom-client gives them in the other services.
const startedAt = gauge({
  prefix: '',
  name: 'process_start_time_seconds',
  help: 'When the process started (Unix time).',
})
const memory = gauge({ prefix: '', name: 'process_resident_memory_bytes', help: 'Resident memory of the process.' })
const processorTime = gauge({
  prefix: '',
  name: 'process_cpu_seconds_total',
  help: 'Processor time that the process used.',
})

export function describeProcess(build: { readonly version: string; readonly commit: string }): void {
  buildInfo.set(build, 1)
  startedAt.set({}, Date.now() / 1000 - process.uptime())
}

/** The text exposition format. The signer has no histograms, so it needs no library for it. */
export function renderMetrics(): string {
  const { user, system } = process.cpuUsage()
  processorTime.set({}, (user + system) / 1e6)
  memory.set({}, process.memoryUsage.rss())
  return metrics
    .map(({ name, kind, help, series }) => {
      const lines = [...series].map(([labels, value]) => `${name}${labels} ${value}\n`)
      return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}`
    })
    .join('')
}

interface Definition {
  /** `ctrip_` unless told. */
  readonly prefix?: string
  readonly name: string
  readonly help: string
}

function counter(definition: Definition) {
  const { series } = register({ ...definition, kind: 'counter' })
  return {
    /** Adding 0 makes the series exist, so that the first increase is seen. */
    inc(labels: Labels, by = 1): void {
      const key = labelText(labels)
      series.set(key, (series.get(key) ?? 0) + by)
    },
  }
}

function gauge(definition: Definition) {
  const { series } = register({ ...definition, kind: 'gauge' })
  return {
    set(labels: Labels, value: number): void {
      series.set(labelText(labels), value)
    },
  }
}

function register({ prefix = 'ctrip_', name, help, kind }: Definition & Pick<Metric, 'kind'>): Metric {
  const metric = { name: `${prefix}${name}`, help, kind, series: new Map<string, number>() }
  metrics.push(metric)
  return metric
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
