import { type OpsServer, type OpsServerDeps, type Readiness, startOpsServer } from '../src/ops-server'

const up = { name: 'database', required: true, status: 'up', since: '2026-01-01T00:00:00.000Z', error: null } as const
const down = { ...up, name: 'nats', status: 'down', error: 'connection refused' } as const

describe('the ops server', () => {
  let server: OpsServer | undefined
  afterEach(() => server?.close())

  async function serving(
    deps: Partial<OpsServerDeps>,
  ): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
    const readiness: Readiness = { ready: true, phase: 'running', checks: [] }
    const metrics = { contentType: 'text/plain', metrics: async () => 'ctrip_build_info 1\n' }
    const all = { readiness: () => readiness, stalledWorkers: () => [], metrics, ...deps }
    const started = await startOpsServer(all, { port: 0, host: '127.0.0.1' })
    server = started
    return (path, init) => fetch(`http://127.0.0.1:${started.port}${path}`, init)
  }

  it('is alive while every worker beats, whatever the dependencies', async () => {
    const get = await serving({ readiness: () => ({ ready: false, phase: 'running', checks: [down] }) })
    const answer = await get('/livez')
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ status: 'ok', workers: [] })
  })

  it('is not alive when a worker has stalled, and names it', async () => {
    const stalled = { worker: 'scan:anvil', silent_seconds: 61, limit_seconds: 60 }
    const get = await serving({ stalledWorkers: () => [stalled] })
    const answer = await get('/livez')
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({ status: 'stalled', workers: [stalled] })
  })

  it('is ready and lists the state of each dependency', async () => {
    const get = await serving({ readiness: () => ({ ready: true, phase: 'running', checks: [up, down] }) })
    const answer = await get('/readyz?verbose')
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ status: 'ready', phase: 'running', checks: [up, down] })
  })

  it('is not ready and names the problem', async () => {
    const get = await serving({ readiness: () => ({ ready: false, phase: 'stopping', checks: [down] }) })
    const answer = await get('/readyz')
    expect(answer.status).toBe(503)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual({ status: 'not_ready', phase: 'stopping', checks: [down] })
  })

  it('serves metrics with their content type', async () => {
    const answer = await (await serving({}))('/metrics')
    expect(answer.headers.get('content-type')).toBe('text/plain')
    expect(await answer.text()).toBe('ctrip_build_info 1\n')
  })

  it('serves metrics as plain text to a scraper that does not know OpenMetrics', async () => {
    const openMetrics = '# HELP ctrip_reorgs Times.\n# TYPE ctrip_reorgs counter\nctrip_reorgs_total 2\n# EOF\n'
    const contentType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
    const get = await serving({ metrics: { contentType, metrics: async () => openMetrics } })
    const answer = await get('/metrics', { headers: { accept: 'text/plain;version=0.0.4;q=1,*/*;q=0.1' } })
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await answer.text()).toContain('# TYPE ctrip_reorgs_total counter\nctrip_reorgs_total 2\n')
    expect(await (await get('/metrics')).text()).toBe(openMetrics)
  })

  it('compresses metrics for a scraper that accepts gzip, and for no other', async () => {
    const get = await serving({})
    const compressed = await get('/metrics', { headers: { 'accept-encoding': 'gzip' } })
    expect(compressed.headers.get('content-encoding')).toBe('gzip')
    expect(await compressed.text()).toBe('ctrip_build_info 1\n')
    const plain = await get('/metrics', { headers: { 'accept-encoding': 'identity' } })
    expect(plain.headers.get('content-encoding')).toBeNull()
  })

  it('responds with 500 when a metric cannot be read, and keeps serving', async () => {
    const get = await serving({
      metrics: { contentType: 'text/plain', metrics: () => Promise.reject(new Error('broken')) },
    })
    expect((await get('/metrics')).status).toBe(500)
    expect((await get('/livez')).status).toBe(200)
  })

  it.each([
    ['/', 'GET', 404],
    ['/healthz', 'GET', 404],
    ['/livez', 'POST', 405],
  ])('answers %s %s with %d', async (path, method, status) => {
    expect((await (await serving({}))(path, { method })).status).toBe(status)
  })

  it('rejects when its port is taken', async () => {
    await serving({})
    const deps = {
      readiness: jest.fn(),
      stalledWorkers: () => [],
      metrics: { contentType: '', metrics: async () => '' },
    }
    await expect(startOpsServer(deps, { port: server?.port ?? 0, host: '127.0.0.1' })).rejects.toThrow('EADDRINUSE')
  })
})
