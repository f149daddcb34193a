import {
  anchorSpan,
  currentTraceparent,
  inAnchoredSpan,
  inSpan,
  linkCurrentSpan,
  recordSpan,
  SpanKind,
  startAnchor,
  traceFields,
  traceIdOf,
} from '../src/spans'
import { recordSpans } from './fixtures/record-spans'

const POLLS_NEVER = 0
const MESSAGE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const spans = recordSpans(POLLS_NEVER)
const nothing = async (): Promise<void> => undefined

afterEach(() => spans.forget())

describe('inSpan', () => {
  it('makes the span current, so that spans inside are its children', async () => {
    await inSpan('outer', {}, () => inSpan('inner', {}, nothing))
    expect(spans.named('inner').parentSpanContext?.spanId).toBe(spans.named('outer').spanContext().spanId)
  })

  it('carries kind, attributes and links', async () => {
    const options = { kind: SpanKind.PRODUCER, attributes: { 'ctrip.chain': 'anvil' }, links: [MESSAGE] }
    await inSpan('send', options, nothing)
    const span = spans.named('send')
    expect(span.kind).toBe(SpanKind.PRODUCER)
    expect(span.attributes).toEqual({ 'ctrip.chain': 'anvil' })
    expect(span.links.map((link) => link.context.spanId)).toEqual(['b7ad6b7169203331'])
  })

  it('starts a trace of its own as root', async () => {
    await inSpan('outer', {}, () => inSpan('cycle', { root: true }, nothing))
    expect(spans.named('cycle').parentSpanContext).toBeUndefined()
    expect(spans.named('cycle').spanContext().traceId).not.toBe(spans.named('outer').spanContext().traceId)
  })

  it('returns what the work returns', async () => {
    await expect(inSpan('work', {}, async () => 42)).resolves.toBe(42)
  })

  it('records what the work throws, without secrets, and throws it on', async () => {
    const failure = new Error('cannot reach postgresql://ctrip:hunter2@db/ctrip')
    await expect(inSpan('work', {}, () => Promise.reject(failure))).rejects.toBe(failure)
    const span = spans.named('work')
    expect(span.status.message).toBe('cannot reach postgresql://[redacted]@db/ctrip')
    expect(JSON.stringify(span.events)).not.toContain('hunter2')
    expect(span.events.map((event) => event.name)).toEqual(['exception'])
  })

  it('ends the span when the work throws before its first await', async () => {
    await expect(
      inSpan('work', {}, () => {
        throw new Error('at once')
      }),
    ).rejects.toThrow('at once')
    expect(spans.all()).toHaveLength(1)
  })
})

describe('sampling', () => {
  it('drops a poll and its children by ratio', async () => {
    await inSpan('poll', { root: true, poll: true }, () => inSpan('query', {}, nothing))
    expect(spans.all()).toEqual([])
  })

  it('keeps a span that is no poll, even if it starts a trace inside a poll', async () => {
    await inSpan('poll', { poll: true }, () => inSpan('payment', { root: true }, nothing))
    expect(spans.all().map((span) => span.name)).toEqual(['payment'])
  })

  it('keeps the span of a payment inside an unsampled poll, without a link that would lead nowhere', async () => {
    const anchor = await inSpan('request', {}, async () => anchorSpan('payment.created', {}))
    await inSpan('poll', { root: true, poll: true }, () => inAnchoredSpan('payment.detected', { anchor }, nothing))
    expect(spans.named('payment.detected').links).toEqual([])
  })

  it('follows the parent when a poll runs inside a trace', async () => {
    await inSpan('request', {}, () => inSpan('poll', { poll: true }, nothing))
    expect(spans.all().map((span) => span.name)).toEqual(['poll', 'request'])
  })
})

describe('a payment anchor', () => {
  it('is a finished child of the current span, and the traceparent of the payment', async () => {
    const anchor = await inSpan('request', {}, async () =>
      anchorSpan('payment.created', { 'ctrip.payment.id': 'pay_1' }),
    )
    const created = spans.named('payment.created')
    expect(created.parentSpanContext?.spanId).toBe(spans.named('request').spanContext().spanId)
    expect(created.attributes).toEqual({ 'ctrip.payment.id': 'pay_1' })
    expect(anchor).toBe(`00-${created.spanContext().traceId}-${created.spanContext().spanId}-01`)
    expect(traceIdOf(anchor)).toBe(created.spanContext().traceId)
    const { traceId, spanId } = created.spanContext()
    expect(traceFields(anchor)).toEqual({ trace_id: traceId, span_id: spanId })
  })

  it('is not exported unless it is ended', async () => {
    await inSpan('request', {}, async () => startAnchor('payment.created', {}))
    expect(spans.all().map((span) => span.name)).toEqual(['request'])
  })

  it('is the parent of every later hop, which links the cycle and the message that led to it', async () => {
    const anchor = anchorSpan('payment.created', {})
    await inSpan('scan cycle', { root: true }, () =>
      inAnchoredSpan('payment.detected', { anchor, kind: SpanKind.CONSUMER, links: [MESSAGE] }, nothing),
    )
    const hop = spans.named('payment.detected')
    const cycle = spans.named('scan cycle')
    expect(hop.spanContext().traceId).toBe(traceIdOf(anchor))
    expect(hop.parentSpanContext?.spanId).toBe(spans.named('payment.created').spanContext().spanId)
    expect(hop.kind).toBe(SpanKind.CONSUMER)
    expect(hop.links.map((link) => link.context.spanId)).toEqual(['b7ad6b7169203331', cycle.spanContext().spanId])
  })

  it('that is invalid leaves the hop a child of the current span', async () => {
    await inSpan('scan cycle', {}, () => inAnchoredSpan('payment.detected', { anchor: 'damaged' }, nothing))
    expect(spans.named('payment.detected').parentSpanContext?.spanId).toBe(
      spans.named('scan cycle').spanContext().spanId,
    )
  })

  it('is the parent of a span recorded after the fact', () => {
    const anchor = anchorSpan('payment.created', {})
    const [start, end] = [new Date('2026-01-01T00:00:00.000Z'), new Date('2026-01-01T00:00:12.500Z')]
    recordSpan('payment lifecycle', { anchor, start, end, attributes: { 'ctrip.chain': 'anvil' } })
    const span = spans.named('payment lifecycle')
    expect(span.spanContext().traceId).toBe(traceIdOf(anchor))
    expect(span.parentSpanContext?.spanId).toBe(spans.named('payment.created').spanContext().spanId)
    expect(span.startTime).toEqual([start.getTime() / 1000, 0])
    expect(span.duration).toEqual([12, 500_000_000])
  })
})

describe('traceparents', () => {
  it('of the current span are in W3C format, and there is none outside any span', async () => {
    expect(currentTraceparent()).toBeNull()
    await inSpan('work', {}, async () => expect(currentTraceparent()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/))
  })

  it('say so when the trace is not sampled', async () => {
    await inSpan('poll', { poll: true }, async () => expect(currentTraceparent()).toMatch(/-00$/))
  })

  it.each([
    ['nonsense'],
    [''],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  ])('that a merchant sends wrongly are ignored: %j', async (traceparent) => {
    await inSpan('request', {}, async () => linkCurrentSpan(traceparent))
    expect(spans.named('request').links).toEqual([])
  })

  it('that a merchant sends are linked', async () => {
    await inSpan('request', {}, async () => linkCurrentSpan(MESSAGE))
    expect(spans.named('request').links.map((link) => link.context.spanId)).toEqual(['b7ad6b7169203331'])
  })
})
