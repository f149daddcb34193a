import type { Payment } from './support/api'
import { exemplarsOf } from './support/exemplars'
import { type Gateway, startGateway } from './support/gateway'
import { type HeardEvents, hearEvents } from './support/hear-events'
import { type LogLine, linesOf } from './support/log-lines'
import { completeTrace, orphansOf, readTrace, type Span } from './support/trace'

const SERVICES = ['ctrip-api', 'ctrip-scanner', 'ctrip-sweeper', 'ctrip-webhook-dispatcher']
const TOLD = ['payment.created', 'payment.detected', 'payment.confirmed', 'payment.settled']
const SPANS = [
  ...TOLD.flatMap((type) => [type, `publish ${type}`, `process ${type}`, 'webhook.deliver']),
  'sweep item',
  'payment lifecycle',
]
const MERCHANTS_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

describe('the telemetry of a payment', () => {
  let gateway: Gateway
  let heard: HeardEvents
  let payment: Payment
  let spans: Span[]
  let lines: LogLine[]

  beforeAll(async () => {
    // Every poll is sampled, so that the linked cycles can be inspected.
    gateway = await startGateway({ environment: { OTEL_TRACES_SAMPLER_ARG: '1' } })
    heard = await hearEvents(gateway.descriptor().nats.url)
    const order = { chain: gateway.chain.name, asset: 'USDC', amount: '1500000' }
    const headers = { traceparent: `00-${MERCHANTS_TRACE}-00f067aa0ba902b7-01`, 'x-request-id': 'order-1017' }
    payment = (await (await gateway.api.request('POST', '/payments', order, headers)).json()) as Payment
    await gateway.send('USDC', payment.address, 1_500_000n)
    await gateway.untilWebhook(payment.id, 'payment.settled', 90_000)
    spans = await completeTrace(gateway.descriptor().traces.query_url, payment.trace_id, SPANS)
    lines = linesOf(gateway.dataFolder)
  }, 180_000)

  afterAll(async () => {
    await heard.stop()
    await gateway.stop()
  }, 60_000)

  const named = (name: string) => spans.filter((span) => span.name === name)
  const linksOf = (span: Span | undefined) => (span?.links ?? []).map(({ span_id }) => span_id)

  describe('its trace', () => {
    it('has one root, the request that created it, and no orphan, through every service', () => {
      expect(orphansOf(spans)).toEqual([])
      expect(spans.filter((span) => !span.parent_span_id)).toEqual(named('POST /api/v1/payments'))
      expect([...new Set(spans.map(({ service }) => service))].sort()).toEqual(SERVICES)
    })

    it('leads from the API to the scanner, on to the sweeper, and from each to the dispatcher', () => {
      const [anchor] = named('payment.created')
      const byAnchor = spans.filter(({ parent_span_id }) => parent_span_id === anchor?.span_id)
      const edges = new Set(byAnchor.map(({ service, name }) => `${anchor?.service} → ${service}: ${name}`))
      for (const edge of EDGES) expect(edges).toContain(edge)
    })

    it.each(TOLD)('carries %s through NATS: what changed, its publication, its processing, each linked', (type) => {
      const cause = type === 'payment.created' ? named('POST /api/v1/payments') : named(type)
      const [published] = named(`publish ${type}`)
      expect(linksOf(published)).toContain(cause[0]?.span_id)
      expect(linksOf(named(`process ${type}`)[0])).toContain(published?.span_id)
    })

    it("links the merchant's own trace, and does not continue it", async () => {
      const [request] = named('POST /api/v1/payments')
      expect(request?.links).toContainEqual({ trace_id: MERCHANTS_TRACE, span_id: '00f067aa0ba902b7' })
      expect(payment.trace_id).not.toBe(MERCHANTS_TRACE)
      expect(await readTrace(gateway.descriptor().traces.query_url, MERCHANTS_TRACE)).toEqual([])
    })

    it('is the only one of this payment: other traces have it as a link', async () => {
      const changes = [...named('payment.detected'), ...named('payment.confirmed'), ...named('sweep item')]
      const elsewhere = changes.flatMap(({ links }) => links).filter(({ trace_id }) => trace_id !== payment.trace_id)
      const traces = [...new Set(elsewhere.map(({ trace_id }) => trace_id))]
      expect(traces.length).toBeGreaterThanOrEqual(3) // two scan cycles and the sweep
      for (const traceId of traces) {
        const linked = await readTrace(gateway.descriptor().traces.query_url, traceId)
        expect(linked.length).toBeGreaterThan(0)
        expect(orphansOf(linked)).toEqual([])
      }
    })
  })

  describe('its spans follow the semantic conventions', () => {
    it('of HTTP', () => {
      const [request] = named('POST /api/v1/payments')
      expect(request).toMatchObject({ kind: 'server', service: 'ctrip-api' })
      expect(request?.attributes).toMatchObject({
        'http.request.method': 'POST',
        'http.route': '/api/v1/payments',
        'http.response.status_code': 201,
      })
      expect(named('webhook.deliver')).toHaveLength(TOLD.length)
      for (const sent of named('webhook.deliver')) {
        expect(sent).toMatchObject({ kind: 'client', service: 'ctrip-webhook-dispatcher' })
        expect(sent.attributes).toMatchObject({
          'http.request.method': 'POST',
          'http.response.status_code': 204,
          'server.address': '127.0.0.1',
        })
        expect(sent.attributes['url.full']).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/) // no path
      }
    })

    it('of databases', () => {
      const queries = spans.filter(({ attributes }) => attributes['db.system.name'] !== undefined)
      expect(queries.length).toBeGreaterThan(0)
      for (const query of queries) {
        expect(query.kind).toBe('client')
        expect(query.attributes).toMatchObject({ 'db.system.name': 'postgresql' })
        expect(query.attributes['db.query.text']).toMatch(/\S/)
        expect(JSON.stringify(query.attributes)).not.toContain(payment.id)
      }
    })

    it.each(TOLD)('of messaging: %s is published by a producer and processed by a consumer', (type) => {
      const attributes = { 'messaging.system': 'nats', 'messaging.destination.name': type }
      expect(named(`publish ${type}`)).toMatchObject([
        { kind: 'producer', attributes: { ...attributes, 'messaging.operation.type': 'send' } },
      ])
      expect(named(`process ${type}`)).toMatchObject([
        { kind: 'consumer', attributes: { ...attributes, 'messaging.operation.type': 'process' } },
      ])
    })

    it('of RPC, in the scan cycle that detected it', async () => {
      const [cycle] = named('payment.detected').flatMap(({ links }) => links)
      const scan = await readTrace(gateway.descriptor().traces.query_url, cycle?.trace_id ?? '')
      const calls = scan.filter(({ attributes }) => attributes['rpc.system.name'] !== undefined)
      expect(calls.length).toBeGreaterThan(0)
      for (const call of calls) {
        expect(call).toMatchObject({ kind: 'client', name: call.attributes['rpc.method'] })
        expect(call.attributes).toMatchObject({ 'rpc.system.name': 'jsonrpc', 'ctrip.chain': 'anvil' })
      }
    })

    it('and name the payment', () => {
      for (const name of [...TOLD, 'sweep item', 'payment lifecycle'])
        expect(named(name)[0]?.attributes).toMatchObject({ 'ctrip.payment.id': payment.id, 'ctrip.chain': 'anvil' })
    })
  })

  describe('its trace id', () => {
    it.each(TOLD)('is in the body and the traceparent of the webhook %s', async (type) => {
      const { body, headers } = await gateway.untilWebhook(payment.id, type)
      expect((body as { trace_id: string }).trace_id).toBe(payment.trace_id)
      expect(headers['traceparent']).toMatch(new RegExp(`^00-${payment.trace_id}-[0-9a-f]{16}-01$`))
      expect(headers['baggage']).toBeUndefined()
    })

    it.each(TOLD)('is in the header of the NATS message %s', (type) => {
      const message = heard.events().find(({ subject, body }) => subject === type && body.includes(payment.id))
      const [, published] = message?.traceparent.split('-').slice(1, 3) ?? []
      expect(message?.traceparent).toContain(payment.trace_id)
      expect(published).toBe(named(`publish ${type}`)[0]?.span_id)
    })

    it('is in every log line about it, in each service that changes it', () => {
      const about = lines.filter(({ payment_id }) => payment_id === payment.id)
      expect(new Set(about.map(({ trace_id }) => trace_id))).toEqual(new Set([payment.trace_id]))
      const known = new Set(spans.map(({ span_id }) => span_id))
      expect(about.filter(({ span_id }) => !known.has(span_id ?? ''))).toEqual([])
      const told = about.map(({ service, msg }) => `${service} ${msg}`)
      expect(told).toEqual(
        expect.arrayContaining([
          'ctrip-api payment.created',
          'ctrip-scanner payment.detected',
          'ctrip-scanner payment.confirmed',
          'ctrip-sweeper payment.settled',
        ]),
      )
    })

    it("is in the line of the merchant's request, beside the request's id", () => {
      const request = lines.find(({ request_id }) => request_id === 'order-1017')
      expect(request).toMatchObject({ msg: 'http.request', trace_id: payment.trace_id, payment_id: payment.id })
    })

    it.each([
      ['api', 'ctrip_http_request_duration_seconds'],
      ['scanner', 'ctrip_payment_stage_duration_seconds'],
      ['webhook-dispatcher', 'ctrip_webhook_delivery_latency_seconds'],
    ] as const)('is an exemplar of the %s: %s', async (service, metric) => {
      const { ops_url } = gateway.descriptor().services[service]
      expect(await exemplarsOf(ops_url, metric)).toContain(payment.trace_id)
    })
  })
})

const EDGES = [
  'ctrip-api → ctrip-scanner: payment.detected',
  'ctrip-api → ctrip-scanner: payment.confirmed',
  'ctrip-api → ctrip-sweeper: sweep item',
  'ctrip-api → ctrip-sweeper: payment.settled',
  'ctrip-api → ctrip-webhook-dispatcher: process payment.created',
  'ctrip-api → ctrip-webhook-dispatcher: process payment.settled',
  'ctrip-api → ctrip-webhook-dispatcher: webhook.deliver',
]
