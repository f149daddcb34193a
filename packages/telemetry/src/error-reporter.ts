import type { NodeClient, Scope } from '@sentry/node'
import { messageOf } from './errors'
import { redact } from './redact'
import { currentTraceparent, traceFields } from './spans'

export interface ErrorReporter {
  /** Reports an error with the name of its log line. Never throws, never waits. */
  report(error: unknown, line: { readonly level: 'error' | 'fatal'; readonly name: string }): void
  /** Resolves when all reported errors have been sent, or after the given time. */
  flush(timeoutMs: number): Promise<void>
}

export interface ErrorReporterOptions {
  readonly dsn: string
  readonly service: string
  readonly release: string
  readonly environment: string
}

interface Sentry {
  readonly client: NodeClient
  readonly newScope: () => Scope
}

/**
 * Reports errors to Sentry or a compatible server, with release, service and trace id, without secrets. Loaded only
 * if a DSN is configured. A client without the SDK's global set-up: it patches nothing, traces nothing and
 * catches nothing by itself; OpenTelemetry stays the only tracing.
 */
export function errorReporter(options: ErrorReporterOptions): ErrorReporter {
  const loading = load(options)
  // The service works without it; its errors are also in the log.
  loading.catch((error: unknown) => process.emitWarning(`errors are not reported: ${redact(messageOf(error))}`))
  return {
    report(error, { level, name }) {
      // Read now, because another span may be current once the SDK is loaded.
      const current = currentTraceparent()
      const trace = current === null ? null : traceFields(current)
      const tags = { service: options.service, log: name, ...(trace && { trace_id: trace.trace_id }) }
      loading.then(
        ({ client, newScope }) => {
          const scope = newScope()
          scope.setClient(client)
          scope.setLevel(level)
          scope.setTags(tags)
          if (trace !== null) scope.setContext('trace', trace)
          scope.captureException(error)
        },
        () => undefined,
      )
    },
    async flush(timeoutMs) {
      await loading.then(
        ({ client }) => client.flush(timeoutMs),
        () => undefined,
      )
    },
  }
}

async function load({ dsn, service, release, environment }: ErrorReporterOptions): Promise<Sentry> {
  const sentry = await import('@sentry/node')
  const client = new sentry.NodeClient({
    dsn,
    release,
    serverName: service,
    environment,
    transport: sentry.makeNodeTransport,
    stackParser: sentry.defaultStackParser,
    // The causes of an error, and nothing that would patch modules, read requests or keep breadcrumbs.
    integrations: [sentry.linkedErrorsIntegration()],
    enableRuntimeChannelInjection: false,
    enableOpenTelemetrySetup: false,
    sendClientReports: false,
    // Redacts the finished event as text, because secrets hide in messages, causes and other fields.
    beforeSend: (event) => JSON.parse(redact(JSON.stringify(event))) as typeof event,
  })
  client.init()
  return { client, newScope: () => new sentry.Scope() }
}
