import { inspect } from 'node:util'
import { registry } from '@ctrip/telemetry/metrics'
import { PermanentRpcError, RetryableRpcError } from '../../src/rpc/rpc-error'
import type { RpcPool } from '../../src/rpc/rpc-pool'
import { type Lab, openLab, poolOf } from '../helpers/lab'
import { HONEST, type StandIn, startProxy } from '../helpers/proxy'

let lab: Lab
let first: StandIn
let second: StandIn
let pool: RpcPool

beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

beforeEach(async () => {
  first = await startProxy(lab.anvil.url)
  second = await startProxy(lab.anvil.url)
  pool = poolOf([
    { name: 'first', url: `${first.url}/v1/secretkey123` },
    { name: 'second', url: second.url },
  ])
  await pool.each('eth_chainId', []) // both are checked
  for (const { asked } of [first, second]) asked.splice(0)
})
afterEach(async () => {
  await pool.close()
  await Promise.all([first.close(), second.close()])
})

const chainId = (options = {}) => pool.call('eth_chainId', [], options)

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it should have failed')
}

describe('call', () => {
  it('asks the first provider', async () => {
    await expect(chainId()).resolves.toEqual({ result: '0x7a69', provider: 'first' })
    expect(second.asked).toEqual([])
  })

  it.each([
    ['says nothing', () => 'silence' as const],
    ['hangs up', () => 'hang up' as const],
    ['is overloaded', () => ({ status: 503 })],
    ['limits', () => ({ status: 429 })],
    ['answers no JSON', () => ({ status: 200, body: '<html>' })],
    ["answers another's request", () => ({ status: 200, body: '{"jsonrpc":"2.0","id":-1,"result":"0x1"}' })],
    ['answers nothing', () => ({ status: 200, body: '{"jsonrpc":"2.0","id":1}' })],
    ['fails', () => ({ error: { code: -32603, message: 'internal error' } })],
    ['lacks the method', () => ({ error: { code: -32601, message: 'method not found' } })],
  ])('asks the second when the first %s', async (_, behaviour) => {
    first.behave(behaviour)
    await expect(chainId({ timeoutMs: 300 })).resolves.toEqual({ result: '0x7a69', provider: 'second' })
  })

  it('does not ask another about what fails everywhere', async () => {
    first.behave(() => ({ error: { code: 3, message: 'execution reverted: no', data: '0x08c379a0' } }))
    const error = await failure(pool.call('eth_call', []))
    expect(error).toBeInstanceOf(PermanentRpcError)
    expect(error).toMatchObject({ kind: 'execution_reverted', provider: 'first', data: '0x08c379a0' })
    expect(second.asked).toEqual([])
  })

  it('throws the last failure when all fail', async () => {
    first.behave(() => ({ status: 503 }))
    second.behave(() => 'silence')
    expect(await failure(chainId({ timeoutMs: 100 }))).toMatchObject({
      name: 'RetryableRpcError',
      kind: 'timeout',
      provider: 'second',
    })
  })

  it('asks only the provider it is told to ask', async () => {
    second.behave(() => ({ status: 503 }))
    expect(await failure(chainId({ provider: 'second' }))).toMatchObject({ kind: 'http_status', provider: 'second' })
    expect(first.asked).toEqual([])
  })

  it("rejects with the caller's reason when aborted, and asks nobody else", async () => {
    first.behave(() => 'silence')
    const abort = new AbortController()
    setTimeout(() => abort.abort(new Error('stopping')), 30)
    await expect(chainId({ signal: abort.signal })).rejects.toThrow('stopping')
    await expect(chainId({ signal: abort.signal })).rejects.toThrow('stopping')
    expect(second.asked).toEqual([])
  })

  it('reads an error that comes with an HTTP status of its own', async () => {
    first.behave(() => ({
      status: 400,
      body: '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid params"}}',
    }))
    expect(await failure(chainId({ provider: 'first' }))).toMatchObject({ kind: 'invalid_request' })
  })
})

describe('a provider that limits', () => {
  it('is left alone for as long as it says', async () => {
    first.behave(() => ({ status: 429, headers: { 'retry-after': '30' } }))
    await chainId()
    await chainId()
    expect(first.asked).toHaveLength(1)
    expect(pool.ranking()).toEqual(['second'])
  })

  it('says when to come back, where it is the only one', async () => {
    first.behave(() => ({ status: 429, headers: { 'retry-after': '7' } }))
    second.behave(() => ({ error: { code: -32005, message: 'daily request count exceeded, request rate limited' } }))
    expect(await failure(chainId())).toMatchObject({ kind: 'rate_limited' })
    const error = await failure(chainId())
    expect(error).toBeInstanceOf(RetryableRpcError)
    expect(error).toMatchObject({ kind: 'unavailable', provider: 'all' })
    expect((error as RetryableRpcError).retryAfterMs).toBeLessThanOrEqual(1_000)
  })
})

describe('a provider that keeps failing', () => {
  it('is cut off, and asked again once it has had time', async () => {
    first.behave(() => ({ status: 503 }))
    for (let i = 0; i < 8; i++) await chainId()
    expect(first.asked).toHaveLength(5)
    expect(pool.status()[0]).toMatchObject({ name: 'first', up: false })
    first.behave(HONEST)
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    await expect(chainId()).resolves.toMatchObject({ provider: 'first' })
    expect(pool.status()[0]).toMatchObject({ up: true })
  })

  it('is not cut off for what the request is to blame for', async () => {
    first.behave(() => ({ error: { code: 3, message: 'execution reverted' } }))
    for (let i = 0; i < 8; i++) await failure(pool.call('eth_call', []))
    expect(pool.ranking()[0]).toBe('first')
  })
})

describe('each', () => {
  it('asks all, and lets one fail alone', async () => {
    first.behave(() => ({ status: 500 }))
    await expect(pool.each('eth_chainId', [])).resolves.toEqual([
      { provider: 'first', ok: false, error: expect.any(RetryableRpcError) as unknown },
      { provider: 'second', ok: true, result: '0x7a69' },
    ])
  })

  it('rejects when aborted', async () => {
    const abort = new AbortController()
    abort.abort(new Error('stopping'))
    await expect(pool.each('eth_chainId', [], { signal: abort.signal })).rejects.toThrow('stopping')
  })
})

describe('what the world sees', () => {
  it('counts by provider, method and outcome, with no method of foreign making', async () => {
    first.behave(() => ({ error: { code: -32601, message: 'method not found' } }))
    await failure(pool.call('evil_method', [], { provider: 'first' }))
    await chainId()
    const text = await registry.metrics()
    expect(text).toContain(
      'ctrip_rpc_requests_total{chain="anvil",provider="first",method="_OTHER",outcome="method_not_found"} 1',
    )
    expect(text).toContain('ctrip_rpc_failovers_total{chain="anvil",provider="first"}')
    expect(text).toContain('ctrip_rpc_provider_up{chain="anvil",provider="second"} 1')
    expect(text).not.toContain('evil')
  })

  it('never holds a part of the URL: not when a node repeats it, not when the connection fails', async () => {
    first.behave(() => ({ error: { code: -32000, message: `bad key secretkey123, see ${first.url}/v1/secretkey123` } }))
    const told = await failure(chainId({ provider: 'first' }))
    await first.close()
    const failed = await failure(chainId({ provider: 'first' }))
    for (const error of [told, failed]) {
      expect(inspect(error, { depth: 10 })).not.toContain('secretkey')
      expect(inspect(error, { depth: 10 })).not.toContain('127.0.0.1')
    }
    expect(String(failed)).toMatch(/network \((ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET)\)$/)
    expect(inspect(pool, { depth: 10, showHidden: true })).not.toContain('secretkey')
    first = await startProxy(lab.anvil.url)
  })
})

describe('a provider that refuses a method', () => {
  it.each([
    ['by plan', () => ({ error: { code: -32600, message: 'not available on the Free tier' } })],
    ['with HTTP 403', () => ({ status: 403 })],
  ])('%s is asked for others, and the refusal is remembered of this method alone', async (_, refusal) => {
    first.behave((request, honest) =>
      request.method === 'debug_traceBlockByHash' ? refusal() : HONEST(request, honest),
    )
    const traced = () => pool.call('debug_traceBlockByHash', ['0x'], { provider: 'first' })
    for (let i = 0; i < 6; i++) expect(await failure(traced())).toMatchObject({ kind: 'refused_by_plan' })
    expect(pool.lacks('first', 'debug_traceBlockByHash')).toBe(true)
    expect(pool.lacks('second', 'debug_traceBlockByHash')).toBe(false)
    await expect(chainId()).resolves.toMatchObject({ provider: 'first' })
  })
})
