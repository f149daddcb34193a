import { startTraceSink, type TraceSink } from '@ctrip/local-stack/trace-sink'

const TRACE = 'a'.repeat(32)
let sink: TraceSink

beforeEach(async () => {
  sink = await startTraceSink(0)
})
afterEach(() => sink.stop())

function exported(spans: object[]): string {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'ctrip-api' } }] }
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })
}

async function post(body: string): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(sink.otlpUrl, { method: 'POST', headers, body })).status
}

test('returns the spans of a trace, oldest first, in plain form', async () => {
  const child = {
    traceId: TRACE,
    spanId: 'c'.repeat(16),
    parentSpanId: 'b'.repeat(16),
    name: 'insert payment',
    kind: 3,
    startTimeUnixNano: '1700000000250000500',
    endTimeUnixNano: '1700000000300000000',
    attributes: [
      { key: 'ctrip.payment.id', value: { stringValue: 'pay_1' } },
      { key: 'rows', value: { intValue: '2' } },
    ],
    events: [
      {
        timeUnixNano: '1700000000260000000',
        name: 'exception',
        attributes: [{ key: 'exception.type', value: { stringValue: 'TimeoutError' } }],
      },
    ],
    links: [{ traceId: 'd'.repeat(32), spanId: 'e'.repeat(16) }],
    status: { code: 2 },
  }
  const root = { ...child, spanId: 'b'.repeat(16), parentSpanId: '', startTimeUnixNano: '1700000000000000000' }
  expect(await post(exported([child, root]))).toBe(200)
  const response = await fetch(`${sink.queryUrl}/${TRACE}`)
  expect(await response.json()).toMatchObject({
    spans: [
      { span_id: 'b'.repeat(16), parent_span_id: null, start: '2023-11-14T22:13:20.000000Z' },
      {
        trace_id: TRACE,
        span_id: 'c'.repeat(16),
        parent_span_id: 'b'.repeat(16),
        name: 'insert payment',
        kind: 'client',
        service: 'ctrip-api',
        start: '2023-11-14T22:13:20.250000Z',
        end: '2023-11-14T22:13:20.300000Z',
        status: 'error',
        attributes: { 'ctrip.payment.id': 'pay_1', rows: 2 },
        events: [
          {
            name: 'exception',
            time: '2023-11-14T22:13:20.260000Z',
            attributes: { 'exception.type': 'TimeoutError' },
          },
        ],
        links: [{ trace_id: 'd'.repeat(32), span_id: 'e'.repeat(16) }],
      },
    ],
  })
})

test('an unknown trace has no spans', async () => {
  expect(await (await fetch(`${sink.queryUrl}/${TRACE}`)).json()).toEqual({ spans: [] })
})

test('rejects a body that is not OTLP in JSON', async () => {
  expect(await post('no json')).toBe(400)
})
