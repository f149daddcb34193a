import { isSpanContextValid, type SpanContext, TraceFlags, trace } from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'
import { Counter, collectDefaultMetrics, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client'
import type { Traceparent } from './spans'

const PREFIX = 'ctrip_'

/** All bucket bounds for durations, in seconds: objectives and rules name some of them (0.5, 10), so every histogram has the same. */
const DURATIONS = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  ...[300, 600, 1_800, 3_600, 21_600, 86_400],
]

/** The bounds from `shortest` to `longest`, in seconds. `longest` is above the time-out of what is measured, or its time-outs are in no bucket. */
export function durationBuckets(shortest: number, longest: number): readonly number[] {
  return DURATIONS.filter((bound) => bound >= shortest && bound <= longest)
}

/** For one request over HTTP: 1 ms to 60 s. */
export const REQUEST_SECONDS = durationBuckets(0.001, 60)

/** Every metric of the process. OpenMetrics, because only that format carries exemplars. */
export const registry = new Registry<OpenMetricsContentType>()
registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)

/** A value for each label, `{}` where there are none. Never a payment, merchant, endpoint, address, transaction or URL. */
export type Labels<Name extends string> = [Name] extends [never]
  ? Record<string, never>
  : Readonly<Record<Name, string>>

export interface MetricDefinition<Name extends string> {
  /** Without the prefix `ctrip_`, which is added. */
  readonly name: string
  readonly help: string
  readonly labels: readonly Name[]
}

export interface CounterMetric<Name extends string> {
  /** Adds to the count (1 unless told); adding 0 makes the series exist, so that the first increase is seen. */
  inc(labels: Labels<Name>, by?: number): void
}

export interface GaugeMetric<Name extends string> {
  set(labels: Labels<Name>, value: number): void
  add(labels: Labels<Name>, by: number): void
  /** Removes every series, as before the first `set`, because a former leader must stop reporting. */
  reset(): void
}

export interface HistogramMetric<Name extends string> {
  /**
   * Counts a value, in the unit of the metric's name. Its exemplar is the given trace (a payment's anchor, where many
   * payments share one cycle) or the current one; only a sampled trace, since any other cannot be opened.
   */
  observe(labels: Labels<Name>, value: number, exemplar?: Traceparent): void
  /** Makes the series exist with nothing counted, so that the first increase is seen. */
  zero(labels: Labels<Name>): void
}

export function counter<const Name extends string>(definition: MetricDefinition<Name>): CounterMetric<Name> {
  const metric = new Counter<string>(named(definition))
  return { inc: (labels, by = 1) => metric.inc(labels, by) }
}

/** `collect` runs at each scrape, for values that are cheaper to read than to keep. If it fails, that scrape lacks the series. */
export function gauge<const Name extends string>(
  definition: MetricDefinition<Name> & { readonly collect?: (gauge: GaugeMetric<Name>) => void | Promise<void> },
): GaugeMetric<Name> {
  const { collect } = definition
  const metric = new Gauge<string>({
    ...named(definition),
    ...(collect === undefined ? {} : { collect: () => collectOrForget(self, collect) }),
  })
  const self: GaugeMetric<Name> = {
    set: (labels, value) => metric.set(labels, value),
    add: (labels, by) => metric.inc(labels, by),
    reset() {
      metric.reset()
      // prom-client resets a gauge without labels to 0, which would be a value: nobody has measured it.
      if (definition.labels.length === 0) metric.remove({})
    },
  }
  self.reset()
  return self
}

export function histogram<const Name extends string>(
  definition: MetricDefinition<Name> & { readonly buckets: readonly number[] },
): HistogramMetric<Name> {
  const metric = new Histogram<string>({
    ...named(definition),
    buckets: [...definition.buckets],
    enableExemplars: true,
  })
  return {
    observe(labels, value, exemplar) {
      const exemplarLabels = exemplarOf(exemplar)
      metric.observe(exemplarLabels === null ? { labels, value } : { labels, value, exemplarLabels })
    },
    zero: (labels) => metric.zero(labels),
  }
}

/** One failing source must not hide the other metrics of the process, and no value is better than an outdated one. */
async function collectOrForget<Name extends string>(
  self: GaugeMetric<Name>,
  collect: (gauge: GaugeMetric<Name>) => void | Promise<void>,
): Promise<void> {
  try {
    await collect(self)
  } catch {
    self.reset()
  }
}

/** Registers what every process has: `ctrip_build_info` and prom-client's defaults, under their usual names. Call once. */
export function collectProcessMetrics(build: { readonly version: string; readonly commit: string }): void {
  collectDefaultMetrics({ register: registry })
  gauge({ name: 'build_info', help: 'What is running; always 1', labels: ['version', 'commit'] }).set(build, 1)
}

function named<Name extends string>({ name, help, labels }: MetricDefinition<Name>) {
  return { name: `${PREFIX}${name}`, help, labelNames: [...labels], registers: [registry] }
}

function exemplarOf(traceparent: Traceparent | undefined): { trace_id: string; span_id: string } | null {
  const span = traceparent === undefined ? trace.getActiveSpan()?.spanContext() : parseTraceParent(traceparent)
  return span && isSampled(span) ? { trace_id: span.traceId, span_id: span.spanId } : null
}

function isSampled(span: SpanContext): boolean {
  return isSpanContextValid(span) && (span.traceFlags & TraceFlags.SAMPLED) !== 0
}
