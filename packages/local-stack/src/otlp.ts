/** A span as the trace sink answers with it. Times are RFC 3339 in UTC with microseconds. */
export interface StoredSpan {
  trace_id: string
  span_id: string
  parent_span_id: string | null
  name: string
  kind: string
  service: string
  start: string
  end: string
  status: 'unset' | 'ok' | 'error'
  attributes: Record<string, unknown>
  /** Exceptions and other moments within the span, oldest first. */
  events: { name: string; time: string; attributes: Record<string, unknown> }[]
  links: { trace_id: string; span_id: string }[]
}

/** An ExportTraceServiceRequest in OTLP's JSON mapping, as far as it is read here (opentelemetry-proto, trace/v1). */
export interface OtlpRequest {
  resourceSpans?: {
    resource?: { attributes?: OtlpAttribute[] }
    scopeSpans?: { spans?: OtlpSpan[] }[]
  }[]
}

interface OtlpSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind?: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes?: OtlpAttribute[]
  events?: { timeUnixNano: string; name: string; attributes?: OtlpAttribute[] }[]
  links?: { traceId: string; spanId: string }[]
  status?: { code?: number }
}

interface OtlpAttribute {
  key: string
  value: OtlpValue
}

interface OtlpValue {
  stringValue?: string
  boolValue?: boolean
  intValue?: string | number
  doubleValue?: number
  arrayValue?: { values?: OtlpValue[] }
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const STATUSES = ['unset', 'ok', 'error'] as const

export function spansOf(request: OtlpRequest): StoredSpan[] {
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const name = attributesOf(resource?.attributes)['service.name']
    const service = typeof name === 'string' ? name : 'unknown'
    return (scopeSpans ?? []).flatMap(({ spans }) => (spans ?? []).map((span) => storedSpan(span, service)))
  })
}

function storedSpan(span: OtlpSpan, service: string): StoredSpan {
  return {
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_span_id: span.parentSpanId || null, // absent or empty: a root
    name: span.name,
    kind: KINDS[span.kind ?? 0] ?? 'unspecified',
    service,
    start: rfc3339(span.startTimeUnixNano),
    end: rfc3339(span.endTimeUnixNano),
    status: STATUSES[span.status?.code ?? 0] ?? 'unset',
    attributes: attributesOf(span.attributes),
    events: (span.events ?? []).map(({ name, timeUnixNano, attributes }) => ({
      name,
      time: rfc3339(timeUnixNano),
      attributes: attributesOf(attributes),
    })),
    links: (span.links ?? []).map(({ traceId, spanId }) => ({ trace_id: traceId, span_id: spanId })),
  }
}

function rfc3339(unixNano: string): string {
  const micros = BigInt(unixNano) / 1_000n
  const seconds = new Date(Number(micros / 1_000_000n) * 1_000).toISOString().slice(0, 19)
  return `${seconds}.${(micros % 1_000_000n).toString().padStart(6, '0')}Z`
}

function attributesOf(attributes: OtlpAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]))
}

function plainValue(value: OtlpValue): unknown {
  if (value.intValue !== undefined) return Number(value.intValue)
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plainValue)
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? null
}
