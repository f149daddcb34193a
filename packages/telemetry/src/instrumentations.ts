import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'

/**
 * Queries alone. Requests in, RPC calls, webhooks and messages have spans that the code makes itself (server-span.ts, spans.ts), which
 * say more and cost less than those of patched modules.
 */
export function instrumentations(): PgInstrumentation[] {
  // Statements, never values; and a query outside any span is nobody's trace.
  return [
    new PgInstrumentation({ requireParentSpan: true, enhancedDatabaseReporting: false, ignoreConnectSpans: true }),
  ]
}
