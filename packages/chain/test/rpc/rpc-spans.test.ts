import { SpanKind } from '@ctrip/telemetry/spans'
import { trace } from '@opentelemetry/api'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { RpcPool } from '../../src/rpc/rpc-pool'
import { type Lab, openLab, poolOf } from '../helpers/lab'
import { type StandIn, startProxy } from '../helpers/proxy'

const exporter = new InMemorySpanExporter()
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))

let lab: Lab
let node: StandIn
let pool: RpcPool

beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

beforeEach(async () => {
  node = await startProxy(lab.anvil.url)
  pool = poolOf([{ name: 'node', url: `${node.url}/v1/secretkey123` }])
  await pool.call('eth_chainId', []) // it is checked
  exporter.reset()
})
afterEach(async () => {
  exporter.reset()
  await Promise.all([pool.close(), node.close()])
})

async function spanOf(method: string): Promise<ReadableSpan> {
  await pool.call(method, []).catch(() => undefined)
  const [span] = exporter.getFinishedSpans()
  if (span === undefined) throw new Error('no span')
  expect(JSON.stringify([span.name, span.attributes, span.events])).not.toContain('secretkey')
  return span
}

describe('the span of a call', () => {
  it('is a client span named for the method, and has no status while all is well', async () => {
    const span = await spanOf('eth_chainId')
    expect(span).toMatchObject({ name: 'eth_chainId', kind: SpanKind.CLIENT })
    expect(span.attributes).toEqual({
      'rpc.system.name': 'jsonrpc',
      'rpc.method': 'eth_chainId',
      'ctrip.chain': 'anvil',
      'ctrip.rpc.provider': 'node',
    })
  })

  it.each([
    { what: 'refuses the call', code: 3, message: 'execution reverted', type: 'execution_reverted' },
    { what: 'limits', code: -32005, message: 'too many requests', type: 'rate_limited' },
    { what: 'fails in its own way', code: -32603, message: 'internal error', type: 'node_error' },
  ])("has the code of the node's error where it $what", async ({ code, message, type }) => {
    node.behave(() => ({ error: { code, message } }))
    const { attributes } = await spanOf('eth_call')
    expect(attributes).toMatchObject({ 'rpc.status_code': String(code), 'error.type': type })
  })

  it('has no code where no JSON-RPC error came', async () => {
    node.behave(() => ({ status: 503 }))
    const { attributes } = await spanOf('eth_call')
    expect(attributes).toMatchObject({ 'error.type': 'http_status' })
    expect(attributes).not.toHaveProperty('rpc.status_code')
  })

  it('does not repeat a method of foreign making', async () => {
    expect(await spanOf('evil_method')).toMatchObject({ name: '_OTHER', attributes: { 'rpc.method': '_OTHER' } })
  })
})
