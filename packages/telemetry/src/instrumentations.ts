import type { IncomingMessage } from 'node:http'
import { type Attributes, SpanKind, trace } from '@opentelemetry/api'
import { getNodeAutoInstrumentations, type InstrumentationConfigMap } from '@opentelemetry/auto-instrumentations-node'
import { ExpressLayerType } from '@opentelemetry/instrumentation-express'
import type { UndiciRequest } from '@opentelemetry/instrumentation-undici'

const UNTRACED_PATHS = new Set(['/health', '/livez', '/readyz', '/metrics'])

/**
 * The lean set: requests in (http, named by their Express route), requests out (undici) and queries (pg). More would
 * cost more CPU per request than it tells; an operator who wants more names them in OTEL_NODE_ENABLED_INSTRUMENTATIONS.
 * Log lines get their trace id in logger.ts, without patching pino.
 */
const LEAN_SET = 'http,express,pg,undici'

const SETTINGS: InstrumentationConfigMap = {
  '@opentelemetry/instrumentation-http': {
    ignoreIncomingRequestHook: isUntraced,
    // All our requests go out through undici; what is left is the exporter itself.
    disableOutgoingRequestInstrumentation: true,
  },
  // Kept for `http.route` alone: a span per middleware says nothing.
  '@opentelemetry/instrumentation-express': {
    ignoreLayersType: [ExpressLayerType.MIDDLEWARE, ExpressLayerType.ROUTER, ExpressLayerType.REQUEST_HANDLER],
  },
  // Statements, never values; and a query outside any span is nobody's trace.
  '@opentelemetry/instrumentation-pg': {
    requireParentSpan: true,
    enhancedDatabaseReporting: false,
    ignoreConnectSpans: true,
  },
  '@opentelemetry/instrumentation-undici': {
    requireParentforSpans: true,
    ignoreRequestHook: isToldAlready,
    startSpanHook: withoutPath,
  },
}

export function instrumentations(): ReturnType<typeof getNodeAutoInstrumentations> {
  process.env['OTEL_NODE_ENABLED_INSTRUMENTATIONS'] ??= LEAN_SET
  return getNodeAutoInstrumentations(SETTINGS)
}

function isUntraced(request: IncomingMessage): boolean {
  return UNTRACED_PATHS.has(request.url?.split('?', 1)[0] ?? '')
}

/** A client span of ours, of an RPC call or a webhook, tells of its one request: a second one would double what it costs. */
function isToldAlready(): boolean {
  const current = trace.getActiveSpan()
  return current !== undefined && 'kind' in current && current.kind === SpanKind.CLIENT
}

/** The origin only: RPC providers and merchants keep keys in the path and query of their URLs. */
function withoutPath(request: UndiciRequest): Attributes {
  return { 'url.full': new URL(request.origin).origin, 'url.path': undefined, 'url.query': undefined }
}
