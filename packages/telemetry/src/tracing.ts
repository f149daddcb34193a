import { setTimeout as sleep } from 'node:timers/promises'
import { type DiagLogFunction, type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { NoopSpanProcessor } from '@opentelemetry/sdk-trace'
import { messageOf } from './errors'
import { instrumentations } from './instrumentations'
import { createLogger } from './logger'
import { headSampler } from './sampler'

const STOP_TIMEOUT_MS = 5_000
const POLL_RATIO_DEFAULT = 0.01
const TELL_AGAIN_AFTER_MS = 60_000
/** Some seconds of the busiest service: the SDK's 2,048 would drop spans in a burst, and leave their children orphans. */
const QUEUED_SPANS_MAX = 16_384

let sdk: NodeSDK | null = null

/**
 * Starts tracing for this process; called from `instrument.ts`, loaded with `--require` before anything else, since
 * pg is patched while it is loaded. Configured by the standard OTEL_* variables, with these readings:
 * - an exporter only where OTEL_TRACES_EXPORTER or an OTLP endpoint names one; ids are made either way, payments need them;
 * - OTEL_TRACES_SAMPLER_ARG is the share of polls that is sampled (0…1, default 0.01); all else is always sampled;
 * - OTEL_SDK_DISABLED leaves the process as if this had never been called;
 * - OTEL_PROPAGATORS is ignored: nothing is injected into or continued from outside. Over NATS and webhooks the
 *   `traceparent` is carried explicitly (spans.ts).
 */
export function startTracing(serviceName: string): void {
  if (sdk !== null) throw new Error('tracing was started already')
  // The SDK would patch pg anyway.
  if (process.env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return
  diag.setLogger(diagnostics(serviceName), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  process.env['OTEL_RESOURCE_ATTRIBUTES'] = resourceAttributes(process.env)
  process.env['OTEL_BSP_MAX_QUEUE_SIZE'] ??= String(QUEUED_SPANS_MAX)
  sdk = new NodeSDK({
    serviceName,
    sampler: headSampler(pollRatio(process.env)),
    textMapPropagator: null,
    instrumentations: instrumentations(),
    metricReaders: [],
    logRecordProcessors: [],
    ...(exporterConfigured(process.env) ? {} : { spanProcessors: [new NoopSpanProcessor()] }),
  })
  sdk.start()
}

/** Exports what is still queued and shuts down; gives up after 5 s, so that a dead collector delays no shutdown. */
export async function stopTracing(): Promise<void> {
  if (sdk === null) return
  const stopping = sdk
  sdk = null
  const flushed = stopping.shutdown().then(() => null, messageOf)
  const problem = await Promise.race([flushed, sleep(STOP_TIMEOUT_MS, 'no answer in time', { ref: false })])
  if (problem !== null) diag.error('the last traces could not be exported', problem)
}

function exporterConfigured(env: NodeJS.ProcessEnv): boolean {
  const exporter = env.OTEL_TRACES_EXPORTER ?? ''
  if (exporter !== '') return exporter !== 'none'
  return Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT) || Boolean(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
}

/** The version and, where it is known, the environment; what OTEL_RESOURCE_ATTRIBUTES says comes later in the list, and wins. */
function resourceAttributes(env: NodeJS.ProcessEnv): string {
  const environment = env['SENTRY_ENVIRONMENT']
  const ours = [
    `service.version=${encodeURIComponent(env['BUILD_VERSION'] ?? 'development')}`,
    ...(environment === undefined ? [] : [`deployment.environment.name=${encodeURIComponent(environment)}`]),
  ]
  const given = env['OTEL_RESOURCE_ATTRIBUTES']
  return [...ours, ...(given ? [given] : [])].join()
}

function pollRatio(env: NodeJS.ProcessEnv): number {
  const text = env.OTEL_TRACES_SAMPLER_ARG ?? ''
  const ratio = Number(text)
  return text === '' || !(ratio >= 0 && ratio <= 1) ? POLL_RATIO_DEFAULT : ratio
}

/** Logs that the collector is away. */
function diagnostics(service: string): DiagLogger {
  const log = createLogger({ service, level: 'warn' })
  return {
    error: seldom((detail, ...details) => log.error({ detail, details }, 'telemetry.failed')),
    warn: seldom((detail, ...details) => log.warn({ detail, details }, 'telemetry.warned')),
    info: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
  }
}

/** At most once a minute, because with the collector away every batch fails, many times a second. */
function seldom(tell: DiagLogFunction): DiagLogFunction {
  let toldAt = Number.NEGATIVE_INFINITY
  return (message, ...details) => {
    if (performance.now() - toldAt < TELL_AGAIN_AFTER_MS) return
    toldAt = performance.now()
    tell(message, ...details)
  }
}
