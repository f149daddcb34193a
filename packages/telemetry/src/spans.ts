import { randomBytes } from 'node:crypto'
import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'
import { isError } from './errors'
import { redact } from './redact'
import { markPoll } from './sampler'

export { type Attributes, type Span, SpanKind }

/** W3C trace context, https://www.w3.org/TR/trace-context/#traceparent-header: `00-<32 hex>-<16 hex>-<01 sampled | 00 not>`. */
export type Traceparent = string

export interface InSpanOptions {
  readonly kind?: SpanKind
  readonly attributes?: Attributes
  readonly links?: readonly Traceparent[]
  /** Starts a trace of its own, even inside another span. */
  readonly root?: boolean
  /** A recurring cycle. If it starts a trace, the trace is sampled by ratio. Everything else is always sampled. */
  readonly poll?: boolean
}

export interface AnchoredSpanOptions {
  /** The span that becomes the parent: a payment's `traceparent`. */
  readonly anchor: Traceparent
  readonly kind?: SpanKind
  readonly attributes?: Attributes
  readonly links?: readonly Traceparent[]
}

const tracer = trace.getTracer('ctrip')

/** Runs `work` in a span, the current one while it runs. What `work` throws is recorded and thrown on. */
export async function inSpan<T>(name: string, options: InSpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const parent = options.root === true ? trace.deleteSpan(context.active()) : context.active()
  const links = linksTo(options.links ?? [])
  const span = tracer.startSpan(name, spanOptions(options, links), options.poll === true ? markPoll(parent) : parent)
  return runIn(span, parent, work)
}

/**
 * Runs `work` in a span of the anchor's trace: its parent is the anchor, and the current span (a scan cycle, a
 * consumed message) becomes a link. Without a valid anchor it is a plain child of the current span.
 */
export async function inAnchoredSpan<T>(
  name: string,
  options: AnchoredSpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const anchor = parseTraceParent(options.anchor)
  if (anchor === null) return inSpan(name, options, work)
  const links = [...linksTo(options.links ?? []), ...linkToCurrent()]
  const parent = trace.setSpanContext(context.active(), { ...anchor, isRemote: true })
  return runIn(tracer.startSpan(name, spanOptions(options, links), parent), parent, work)
}

/** The current span's context, to be sent along with a message; null outside any span. */
export function currentTraceparent(): Traceparent | null {
  const current = trace.getActiveSpan()?.spanContext()
  return current !== undefined && isSpanContextValid(current) ? format(current) : null
}

/** The 32 hex digits that name the trace. */
export function traceIdOf(traceparent: Traceparent): string {
  return traceparent.slice(3, 35)
}

/** A span's name in a log line. Both, or neither: an id of one trace beside that of another's span leads nowhere. */
export function traceFields(traceparent: Traceparent): { readonly trace_id: string; readonly span_id: string } {
  return { trace_id: traceIdOf(traceparent), span_id: traceparent.slice(36, 52) }
}

/** A span that later hops will have as their parent. */
export interface Anchor {
  readonly traceparent: Traceparent
  /** Exports the span. Call it once the payment exists; a span that is never ended is never exported. */
  end(): void
}

/**
 * Makes a payment's anchor: a child of the current span. End it as soon as the payment exists, so that it is exported
 * even if the process dies, and every later hop has an existing parent.
 * With tracing off the ids are random and unsampled, so that a payment still has a trace id.
 */
export function startAnchor(name: string, attributes: Attributes): Anchor {
  return anchorOf(tracer.startSpan(name, { attributes }))
}

/** An anchor that is a child of another: a payment's under its checkout session's. The current span becomes a link. */
export function startAnchorUnder(parent: Traceparent, name: string, attributes: Attributes): Anchor {
  const anchor = parseTraceParent(parent)
  if (anchor === null) return startAnchor(name, attributes)
  const under = trace.setSpanContext(ROOT_CONTEXT, { ...anchor, isRemote: true })
  return anchorOf(tracer.startSpan(name, { attributes, links: linkToCurrent() }, under))
}

/** The anchor of an existing payment, in the current trace. */
export function anchorSpan(name: string, attributes: Attributes): Traceparent {
  const anchor = startAnchor(name, attributes)
  anchor.end()
  return anchor.traceparent
}

/** An anchor that begins a trace of its own, linked to the current span: a sweep, whichever round planned it. */
export function anchorNewTrace(name: string, attributes: Attributes): Traceparent {
  const anchor = anchorOf(tracer.startSpan(name, { attributes, root: true, links: linkToCurrent() }))
  anchor.end()
  return anchor.traceparent
}

function anchorOf(span: Span): Anchor {
  const traceparent = isSpanContextValid(span.spanContext()) ? format(span.spanContext()) : unsampledTraceparent()
  return { traceparent, end: () => span.end() }
}

/** Records a span after the fact, as a child of the anchor; nothing without a valid anchor. */
export function recordSpan(
  name: string,
  options: { readonly anchor: Traceparent; readonly start: Date; readonly end: Date; readonly attributes?: Attributes },
): void {
  const anchor = parseTraceParent(options.anchor)
  if (anchor === null) return
  const parent = trace.setSpanContext(ROOT_CONTEXT, { ...anchor, isRemote: true })
  tracer
    .startSpan(name, { startTime: options.start, attributes: options.attributes ?? {} }, parent)
    .end(Math.max(options.end.getTime(), options.start.getTime()))
}

/** Links the current span to a merchant's incoming `traceparent`, without continuing that trace. Ignores an invalid value. */
export function linkCurrentSpan(traceparent: string): void {
  const span = trace.getActiveSpan()
  if (span === undefined) return
  for (const link of linksTo([traceparent])) span.addLink(link)
}

/** Marks a span as failed by what the other side answered, where nothing was thrown. `errorType`: a low-cardinality name, such as `503`. */
export function markFailed(span: Span, errorType: string): void {
  span.setAttribute('error.type', errorType)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

async function runIn<T>(span: Span, parent: Context, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(parent, span), work, undefined, span)
  } catch (error) {
    recordFailure(span, error)
    throw error
  } finally {
    span.end()
  }
}

/** Messages and stacks are redacted: drivers like to quote the URL, and with it the password. */
function recordFailure(span: Span, error: unknown): void {
  if (!span.isRecording()) return
  const { name, message, stack } = isError(error) ? error : new Error(String(error))
  span.recordException({ name, message: redact(message), stack: redact(stack ?? '') })
  span.setStatus({ code: SpanStatusCode.ERROR, message: redact(message) })
}

function spanOptions(options: InSpanOptions | AnchoredSpanOptions, links: Link[]): SpanOptions {
  return { kind: options.kind ?? SpanKind.INTERNAL, attributes: options.attributes ?? {}, links }
}

function linksTo(traceparents: readonly Traceparent[]): Link[] {
  return traceparents.flatMap((traceparent) => {
    const linked = parseTraceParent(traceparent)
    return linked === null ? [] : [{ context: linked }]
  })
}

/** Only if it is sampled, because a link to an unsampled cycle leads nowhere. */
function linkToCurrent(): Link[] {
  const current = trace.getActiveSpan()?.spanContext()
  return current !== undefined && isSampled(current) ? [{ context: current }] : []
}

function isSampled(spanContext: SpanContext): boolean {
  return isSpanContextValid(spanContext) && (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0
}

function format({ traceId, spanId, traceFlags }: SpanContext): Traceparent {
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) !== 0 ? '01' : '00'}`
}

function unsampledTraceparent(): Traceparent {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`
}
