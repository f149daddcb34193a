import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

interface ExportedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly attributes: { key: string; value: Record<string, unknown> }[]
  readonly links?: { traceId: string; spanId: string }[]
}

interface TracesRequest {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: { key: string; value: { stringValue?: string } }[] }
    readonly scopeSpans: { spans: ExportedSpan[] }[]
  }[]
}

const MERCHANT_TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const RELEASE = { BUILD_VERSION: '1.2.3', SENTRY_ENVIRONMENT: 'staging', OTEL_RESOURCE_ATTRIBUTES: 'team=money' }
const OTLP_KIND = { server: 2, client: 3 }
const FIXTURES = join(__dirname, 'fixtures')

describe('a process started with tracing', () => {
  const spans: ExportedSpan[] = []
  const resource = new Map<string, string | undefined>()
  const headersSeenOutside: IncomingHttpHeaders[] = []
  let sink: Server
  let outside: Server
  let app: ChildProcess
  let appUrl: string

  beforeAll(async () => {
    if (!process.env.TEST_DATABASE_URL) throw new Error('TEST_DATABASE_URL must name a running Postgres')
    sink = await listen(async (request) => {
      const body = JSON.parse(await text(request)) as TracesRequest
      for (const sent of body.resourceSpans) {
        for (const { key, value } of sent.resource.attributes) resource.set(key, value.stringValue)
        for (const scope of sent.scopeSpans) spans.push(...scope.spans)
      }
    })
    outside = await listen(async (request) => void headersSeenOutside.push(request.headers))
    app = startApp({ OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(sink), TEST_OUTSIDE_URL: urlOf(outside), ...RELEASE })
    const [port] = (await once(app, 'message')) as [number]
    appUrl = `http://127.0.0.1:${port}`
    await runEverything()
  })

  afterAll(async () => {
    app.kill('SIGKILL')
    await Promise.all([sink, outside].map((server) => new Promise((resolve) => server.close(resolve))))
  })

  async function runEverything(): Promise<void> {
    for (const path of ['/health', '/payments/pay_1']) {
      await (await fetch(appUrl + path, { headers: { traceparent: MERCHANT_TRACEPARENT, connection: 'close' } })).text()
    }
    for (const order of ['work outside any span', 'poll', 'call']) {
      app.send(order)
      await once(app, 'message')
    }
    app.send('stop')
    await once(app, 'exit')
  }

  it('exports one connected trace for a request and its query, named by the route', () => {
    const server = spans.find((span) => span.kind === OTLP_KIND.server)
    expect(server?.name).toBe('GET /payments/:id')
    const children = spans.filter((span) => span.parentSpanId === server?.spanId)
    expect(children.map((span) => span.kind)).toEqual([OTLP_KIND.client])
    expect(children.every((span) => span.traceId === server?.traceId)).toBe(true)
  })

  it('records no span for health, for unsampled polls, for queries outside any span, or for calls that have none of ours', () => {
    expect(spans.filter(({ name }) => name !== 'eth_call')).toHaveLength(2)
  })

  it('records one span, not two, for a call inside a client span of ours', () => {
    const [call, ...more] = spans.filter(({ name }) => name === 'eth_call')
    expect(call?.kind).toBe(OTLP_KIND.client)
    expect(more).toEqual([])
    expect(spans.filter(({ parentSpanId }) => parentSpanId === call?.spanId)).toEqual([])
  })

  it('links the traceparent of a merchant and does not continue it', () => {
    const server = spans.find((span) => span.kind === OTLP_KIND.server)
    expect(server?.traceId).not.toBe('0af7651916cd43dd8448eb211c80319c')
    expect(server?.parentSpanId ?? '').toBe('')
    expect(server?.links?.map((link) => link.spanId)).toEqual(['b7ad6b7169203331'])
  })

  it('sends neither traceparent nor baggage to outside hosts', () => {
    expect(headersSeenOutside).toHaveLength(2)
    for (const headers of headersSeenOutside) {
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['traceparent']))
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['baggage']))
    }
  })

  it('names a query by what it does, the same in every process', () => {
    const query = spans.find(({ name }) => name === 'SELECT')
    expect(query?.attributes).toEqual(
      expect.arrayContaining([
        { key: 'db.query.summary', value: { stringValue: 'SELECT' } },
        { key: 'db.operation.name', value: { stringValue: 'SELECT' } },
        { key: 'db.system.name', value: { stringValue: 'postgresql' } },
      ]),
    )
  })

  it('says which version runs in which environment, and what the operator adds', () => {
    expect(Object.fromEntries(resource)).toMatchObject({
      'service.name': 'ctrip-test',
      'service.version': '1.2.3',
      'deployment.environment.name': 'staging',
      team: 'money',
    })
  })

  it('exports statements without their values', () => {
    const exported = JSON.stringify(spans.filter((span) => span.kind === OTLP_KIND.client))
    expect(exported).toContain('select $1::text as id')
    expect(exported).not.toContain('pay_1')
  })
})

describe('a process whose collector is away', () => {
  it('serves requests, logs the failure, and still stops', async () => {
    const app = startApp({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, 'pipe')
    if (app.stdout === null) throw new Error('a pipe has two ends')
    const stdout = text(app.stdout)
    const [port] = (await once(app, 'message')) as [number]
    expect((await fetch(`http://127.0.0.1:${port}/unknown`, { headers: { connection: 'close' } })).status).toBe(404)
    app.send('stop')
    const [code] = (await once(app, 'exit')) as [number]
    expect(code).toBe(0)
    expect(await stdout).toMatch(/"level":"error".*"service":"ctrip-test".*"msg":"telemetry.failed"\}\n$/)
  })
})

describe('a process', () => {
  it.each([
    ['without an exporter has trace ids', {}, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/],
    ['whose exporter is none has trace ids', { OTEL_TRACES_EXPORTER: 'none' }, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/],
    ['with tracing disabled has none', { OTEL_SDK_DISABLED: 'true' }, /^null$/],
  ])('%s', async (_what, environment, expected) => {
    const app = startApp(environment)
    await once(app, 'message')
    app.send('traceparent')
    expect(String((await once(app, 'message')).at(0))).toMatch(expected)
    app.send('stop')
    await once(app, 'exit')
  })
})

function startApp(environment: Record<string, string>, stdout: 'inherit' | 'pipe' = 'inherit'): ChildProcess {
  const preload = ['compile-typescript.cjs', 'traced-instrument.ts'].flatMap((file) => [
    '--require',
    join(FIXTURES, file),
  ])
  return spawn(process.execPath, ['--conditions=@ctrip/source', ...preload, join(FIXTURES, 'traced-app.ts')], {
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
    env: { ...process.env, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_TRACES_SAMPLER_ARG: '0', ...environment },
  })
}

async function listen(onRequest: (request: IncomingMessage) => Promise<void>): Promise<Server> {
  const server = createServer((request, response) => {
    void onRequest(request).then(() => response.end('{}'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
