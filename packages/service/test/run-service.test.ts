import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startSentryReceiver } from '../../telemetry/test/fixtures/sentry-receiver'
import { logged, type ServiceProcess, startService, VALID_ENVIRONMENT } from './fixtures/start-service'
import { until } from './fixtures/until'

describe('a service', () => {
  let running: ServiceProcess[] = []
  afterEach(() => {
    for (const { child } of running) child.kill('SIGKILL')
    running = []
  })

  function start(environment: Record<string, string>): ServiceProcess {
    const service = startService(environment)
    running.push(service)
    return service
  }

  async function readiness(opsUrl: string): Promise<{ http: number; body: unknown }> {
    const answer = await fetch(`${opsUrl}/readyz`)
    return { http: answer.status, body: await answer.json() }
  }

  it('becomes ready, and on SIGTERM is unready, stops and exits with 0', async () => {
    const service = start({ ...VALID_ENVIRONMENT, TEST_BEHAVIOUR: 'stops when told' })
    const opsUrl = await service.opsUrl()
    await until(async () => (await readiness(opsUrl)).http === 200)
    service.child.kill('SIGTERM')
    await service.sent('stopping')
    expect(await readiness(opsUrl)).toMatchObject({ http: 503, body: { status: 'not_ready', phase: 'stopping' } })
    service.child.send('stop now')
    const { code, stdout, stderr } = await service.exited
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(logged(stdout).map((line) => line.msg)).toEqual(['service.started', 'service.stopping', 'service.stopped'])
  })

  it('stops on SIGINT too', async () => {
    const service = start(VALID_ENVIRONMENT)
    await service.opsUrl()
    service.child.kill('SIGINT')
    expect((await service.exited).code).toBe(0)
  })

  it('serves metrics of its process, its loops and its dependencies', async () => {
    const service = start({ ...VALID_ENVIRONMENT, BUILD_VERSION: '1.2.3', BUILD_COMMIT: 'abc' })
    const opsUrl = await service.opsUrl()
    await until(async () => (await readiness(opsUrl)).http === 200)
    const metrics = await (await fetch(`${opsUrl}/metrics`)).text()
    expect(metrics).toContain('ctrip_build_info{version="1.2.3",commit="abc"} 1')
    expect(metrics).toContain('ctrip_worker_heartbeat_timestamp_seconds{worker="work"}')
    expect(metrics).toContain('ctrip_dependency_up{dependency="database"} 1')
    expect((await fetch(`${opsUrl}/livez`)).status).toBe(200)
  })

  it('is unready while a required dependency is down, says so, and stays alive', async () => {
    const service = start(VALID_ENVIRONMENT)
    const opsUrl = await service.opsUrl()
    await until(async () => (await readiness(opsUrl)).http === 200)
    service.child.send('database down')
    await until(async () => (await readiness(opsUrl)).http === 503)
    const check = { name: 'database', required: true, status: 'down', error: 'connection refused' }
    expect(await readiness(opsUrl)).toMatchObject({ body: { phase: 'running', checks: [check] } })
    expect((await fetch(`${opsUrl}/livez`)).status).toBe(200)
    service.child.send('database up')
    await until(async () => (await readiness(opsUrl)).http === 200)
  })

  it('refuses wrong configuration with 2 and lists every problem at once, without values', async () => {
    const { code, stdout, stderr } = await start({ OPS_PORT: '99999', DATABASE_URL: 'mysql://ctrip:hunter2@db' }).exited
    expect(code).toBe(2)
    expect(logged(stdout)).toMatchObject([
      { level: 'fatal', service: 'ctrip-fixture', msg: 'service.refused_to_start', problems: { length: 3 } },
    ])
    expect(stdout).not.toContain('hunter2')
    expect(stderr.split('\n')).toEqual([
      'ctrip-fixture cannot start, 3 problem(s) to mend:',
      '  - OPS_PORT: not within 0 … 65535; expected: a TCP port, 0 … 65535',
      '  - DATABASE_URL: not such a URL; expected: a URL that starts with postgresql://',
      expect.stringMatching(/^ {2}- ADMIN_API_KEY: not set; set ADMIN_API_KEY, or ADMIN_API_KEY_FILE/),
      '',
    ])
  })

  it('exits with 2 and names both when a dependency is away and its port is taken', async () => {
    const occupant = createServer().listen(0, '127.0.0.1')
    await once(occupant, 'listening')
    const { port } = occupant.address() as AddressInfo
    const { code, stderr } = await start({
      ...VALID_ENVIRONMENT,
      OPS_PORT: String(port),
      TEST_BEHAVIOUR: 'unreachable',
    }).exited
    occupant.close()
    expect(code).toBe(2)
    expect(stderr.split('\n').slice(1, 3)).toEqual([
      `  - OPS_PORT: cannot listen on port ${port} (EADDRINUSE); free it, or choose another`,
      '  - DATABASE_URL: postgresql://[redacted]@db is unreachable',
    ])
  })

  it('crashes with 1 and a log line when its start fails otherwise', async () => {
    const { code, stdout } = await start({ ...VALID_ENVIRONMENT, TEST_BEHAVIOUR: 'buggy' }).exited
    expect(code).toBe(1)
    expect(logged(stdout)).toMatchObject([{ level: 'fatal', msg: 'service.crashed', err: { type: 'TypeError' } }])
  })

  it.each([
    ['throw', 'uncaughtException', 'thrown out of nowhere'],
    ['reject', 'unhandledRejection', 'rejected out of nowhere'],
  ])('crashes with 1 and a log line on what nobody caught: %s', async (order, origin, message) => {
    const service = start(VALID_ENVIRONMENT)
    await service.opsUrl()
    service.child.send(order)
    const { code, stdout } = await service.exited
    expect(code).toBe(1)
    expect(logged(stdout).at(-1)).toMatchObject({ level: 'fatal', msg: 'service.crashed', origin, err: { message } })
  })

  it('reports the error that it crashes on to SENTRY_DSN before it ends', async () => {
    const receiver = await startSentryReceiver()
    const service = start({
      ...VALID_ENVIRONMENT,
      SENTRY_DSN: receiver.dsn,
      BUILD_VERSION: '1.2.3',
      BUILD_COMMIT: 'abc',
    })
    await service.opsUrl()
    service.child.send('throw')
    const { code } = await service.exited
    await receiver.stop()
    expect(code).toBe(1)
    expect(receiver.events).toMatchObject([{ release: 'ctrip@1.2.3+abc', level: 'fatal' }])
  })

  it('ends at once with 1 on a second signal', async () => {
    const service = start({ ...VALID_ENVIRONMENT, TEST_BEHAVIOUR: 'stops when told' })
    await service.opsUrl()
    service.child.kill('SIGTERM')
    await service.sent('stopping')
    service.child.kill('SIGTERM')
    const { code, stdout } = await service.exited
    expect(code).toBe(1)
    expect(logged(stdout).at(-1)).toMatchObject({ level: 'fatal', msg: 'service.killed' })
  })

  it('cancels its start when it is stopped before it runs', async () => {
    const service = start({ ...VALID_ENVIRONMENT, TEST_BEHAVIOUR: 'slow to build' })
    await service.sent('building')
    service.child.kill('SIGTERM')
    expect((await service.exited).code).toBe(0)
  })
})
