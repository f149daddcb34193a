import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node'

/**
 * Queries alone, by default. Requests in, RPC calls, webhooks and messages have spans that the code makes itself
 * (server-span.ts, spans.ts), which say more and cost less than those of patched modules: the A/B of `bench -- telemetry`.
 * An operator who wants more names them in OTEL_NODE_ENABLED_INSTRUMENTATIONS.
 */
const DEFAULT_SET = 'pg'

export function instrumentations(): ReturnType<typeof getNodeAutoInstrumentations> {
  process.env['OTEL_NODE_ENABLED_INSTRUMENTATIONS'] ??= DEFAULT_SET
  return getNodeAutoInstrumentations({
    // Statements, never values; and a query outside any span is nobody's trace.
    '@opentelemetry/instrumentation-pg': {
      requireParentSpan: true,
      enhancedDatabaseReporting: false,
      ignoreConnectSpans: true,
    },
  })
}
