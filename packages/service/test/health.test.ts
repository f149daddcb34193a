import { registry } from '@ctrip/telemetry/metrics'
import { type Health, type HealthCheck, watchHealth } from '../src/health'
import { capturingLogger } from './fixtures/capturing-logger'
import { until } from './fixtures/until'

/** A dependency that this test takes away and gives back. */
function dependency(name: string, required = true): HealthCheck & { failure: Error | null } {
  const self = {
    name,
    required,
    failure: null as Error | null,
    probe: async () => {
      if (self.failure !== null) throw self.failure
    },
  }
  return self
}

describe('watchHealth', () => {
  let health: Health | undefined
  afterEach(() => health?.stop())

  function watch(...checks: HealthCheck[]) {
    const { log, lines } = capturingLogger()
    health = watchHealth({ checks, log, intervalMs: 2, timeoutMs: 50 })
    return { health, lines }
  }

  function statusOf(name: string) {
    return health?.checks().find((check) => check.name === name)
  }

  it('is not ready before every required dependency has answered', async () => {
    const database = dependency('database')
    const { health } = watch(database)
    expect(health.ready()).toBe(false)
    expect(statusOf('database')?.status).toBe('unknown')
    health.start()
    await until(() => health.ready())
  })

  it('reports the problem and its start, and clears both on recovery', async () => {
    const database = dependency('database')
    const { health, lines } = watch(database)
    health.start()
    await until(() => health.ready())
    const upSince = statusOf('database')?.since ?? ''
    database.failure = new Error('connect ECONNREFUSED postgresql://ctrip:hunter2@db')
    await until(() => !health.ready())
    expect(statusOf('database')).toMatchObject({
      status: 'down',
      error: 'connect ECONNREFUSED postgresql://[redacted]@db',
      since: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    })
    expect(Date.parse(statusOf('database')?.since ?? '')).toBeGreaterThanOrEqual(Date.parse(upSince))
    database.failure = null
    await until(() => health.ready())
    expect(statusOf('database')).toMatchObject({ status: 'up', error: null })
    expect(lines().map((line) => [line.msg, line.dependency])).toEqual([
      ['dependency.down', 'database'],
      ['dependency.up', 'database'],
    ])
  })

  it('keeps the time of the first failure while it lasts', async () => {
    const database = dependency('database')
    database.failure = new Error('one')
    const { health } = watch(database)
    health.start()
    await until(() => statusOf('database')?.error === 'one')
    const since = statusOf('database')?.since
    database.failure = new Error('two')
    await until(() => statusOf('database')?.error === 'two')
    expect(statusOf('database')?.since).toBe(since)
  })

  it('reports a dependency that is not required without being unready', async () => {
    const [database, nats] = [dependency('database'), dependency('nats', false)]
    nats.failure = new Error('down')
    const { health } = watch(database, nats)
    health.start()
    await until(() => health.ready() && statusOf('nats')?.status === 'down')
  })

  it('reports a dependency as down while its probe hangs and ignores its signal', async () => {
    const hanging = { name: 'rpc', required: true, probe: () => new Promise<void>(() => undefined) }
    const [database] = [dependency('database')]
    const { health } = watch(hanging, database)
    health.start()
    await until(() => statusOf('rpc')?.error === 'no answer within 50 ms')
    expect(statusOf('database')?.status).toBe('up')
  })

  it('exports dependency_up to Prometheus', async () => {
    const [up, down] = [dependency('postgres'), dependency('provider', false)]
    down.failure = new Error('down')
    const { health } = watch(up, down)
    health.start()
    await until(() => health.checks().every((check) => check.status !== 'unknown'))
    const metrics = await registry.metrics()
    expect(metrics).toContain('ctrip_dependency_up{dependency="postgres"} 1')
    expect(metrics).toContain('ctrip_dependency_up{dependency="provider"} 0')
  })

  it('aborts a probe under way when it stops', async () => {
    const aborted = jest.fn()
    const slow = {
      name: 'slow',
      required: true,
      probe: (signal: AbortSignal) => new Promise<void>((_resolve) => signal.addEventListener('abort', aborted)),
    }
    const { log } = capturingLogger()
    const watching = watchHealth({ checks: [slow], log, timeoutMs: 3_600_000 })
    watching.start()
    await watching.stop()
    expect(aborted).toHaveBeenCalledTimes(1)
  })
})
