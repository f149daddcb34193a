import type { Span } from '@opentelemetry/api'
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node'
import { summarizeQuery } from './query-summary'

/**
 * Only queries, by default. Incoming requests, RPC calls, webhooks and messages have spans that our code makes
 * (server-span.ts, spans.ts), which say more and cost less than those of patched modules: the A/B of `bench -- telemetry`.
 * An operator who wants more names them in OTEL_NODE_ENABLED_INSTRUMENTATIONS.
 */
const DEFAULT_SET = 'pg'

export function instrumentations(): ReturnType<typeof getNodeAutoInstrumentations> {
  process.env['OTEL_NODE_ENABLED_INSTRUMENTATIONS'] ??= DEFAULT_SET
  return getNodeAutoInstrumentations({
    // Statements, never values. A query outside any span belongs to no trace.
    '@opentelemetry/instrumentation-pg': {
      requireParentSpan: true,
      enhancedDatabaseReporting: false,
      ignoreConnectSpans: true,
      requestHook: (span, { query }) => nameQuerySpan(span, query.text),
    },
  })
}

/** By what the statement does. The instrumentation's own name has the number of a prepared statement: another one in each process. */
function nameQuerySpan(span: Span, text: string): void {
  const { summary, operation, collection } = summarizeQuery(text)
  span.updateName(summary)
  span.setAttributes({
    'db.query.summary': summary,
    'db.operation.name': operation,
    ...(collection === null ? {} : { 'db.collection.name': collection }),
  })
}
