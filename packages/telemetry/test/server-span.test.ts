import { once } from 'node:events'
import { createServer, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { inServerSpan } from '../src/server-span'
import { currentTraceparent } from '../src/spans'
import { recordSpans } from './fixtures/record-spans'

const spans = recordSpans(0)

describe('the span of a request', () => {
  let server: Server
  let url: string
  let closedWith: (string | null)[]
  let answer: (response: ServerResponse) => void

  beforeAll(async () => {
    server = createServer((incoming, response) => {
      let served: string | null = null
      inServerSpan(incoming, response, {
        serve() {
          served = currentTraceparent()
          answer(response)
        },
        closed() {
          closedWith = [served, currentTraceparent()]
          return incoming.url?.startsWith('/payments') ? '/payments/:id' : null
        },
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))
  beforeEach(() => {
    spans.forget()
    answer = (response) => response.writeHead(200).end()
  })

  async function finished() {
    while (spans.all().length === 0) await sleep(5)
    return spans.all()[0]
  }

  it('is named by method and route, and contains neither query nor headers', async () => {
    await fetch(`${url}/payments/pay_1?reference=secret`, { headers: { authorization: 'Bearer secret' } })
    const span = await finished()
    expect(span).toMatchObject({ name: 'GET /payments/:id', kind: SpanKind.SERVER, parentSpanContext: undefined })
    expect(span?.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.route': '/payments/:id',
      'http.response.status_code': 200,
      'url.path': '/payments/pay_1',
    })
    expect(JSON.stringify(span?.attributes)).not.toContain('secret')
  })

  it('is current while the request is served, and when it is over', async () => {
    await fetch(`${url}/payments/pay_1`)
    const span = await finished()
    const traceparent = `00-${span?.spanContext().traceId}-${span?.spanContext().spanId}-01`
    expect(closedWith).toEqual([traceparent, traceparent])
  })

  it('is an error for a 5xx, and not for a 4xx', async () => {
    answer = (response) => response.writeHead(503).end()
    await fetch(`${url}/payments/pay_1`)
    expect(await finished()).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': '503', 'http.response.status_code': 503 },
    })
    spans.forget()
    answer = (response) => response.writeHead(404).end()
    await fetch(`${url}/unknown`)
    expect(await finished()).toMatchObject({ name: 'GET', status: { code: SpanStatusCode.UNSET } })
  })

  it('ends without a status when the client leaves before the response', async () => {
    const gone = request(`${url}/payments/pay_1`)
    gone.on('error', () => undefined)
    answer = () => gone.destroy()
    gone.end()
    expect((await finished())?.attributes).not.toHaveProperty('http.response.status_code')
  })

  it('has no name that a client invents', async () => {
    await fetch(`${url}/payments/pay_1`, { method: 'PROPFIND' })
    expect(await finished()).toMatchObject({
      name: 'HTTP /payments/:id',
      attributes: { 'http.request.method': '_OTHER' },
    })
  })

  it('does not exist for a health check', async () => {
    await fetch(`${url}/health`)
    await fetch(`${url}/payments/pay_1`)
    await finished()
    expect(spans.all()).toHaveLength(1)
  })
})
