import { setTimeout as sleep } from 'node:timers/promises'
import { registry } from '@ctrip/telemetry/metrics'
import { stalledWorkers } from '../src/heartbeats'
import { type RunOutcome, type WorkLoop, type WorkLoopOptions, workLoop } from '../src/work-loop'
import { capturingLogger } from './fixtures/capturing-logger'
import { until } from './fixtures/until'

const NEVER_MS = 3_600_000

let started: WorkLoop[] = []
let count = 0
afterEach(async () => {
  await Promise.all(started.map((loop) => loop.stop()))
  started = []
})

function startLoop(options: Partial<WorkLoopOptions> & Pick<WorkLoopOptions, 'run'>) {
  count += 1
  const name = `worker_${count}`
  const { log, lines } = capturingLogger()
  const loop = workLoop({ name, log, intervalMs: NEVER_MS, stopGraceMs: 0, ...options })
  started.push(loop)
  loop.start()
  return { loop, name, lines }
}

async function series(metric: string, worker: string): Promise<string[]> {
  const lines = (await registry.metrics()).split('\n')
  return lines.filter((line) => line.startsWith(`ctrip_${metric}{`) && line.includes(`worker="${worker}"`))
}

describe('a work loop', () => {
  it('runs at once, and again after each interval', async () => {
    const run = jest.fn(async (): Promise<RunOutcome> => 'idle')
    startLoop({ run, intervalMs: 1 })
    await until(() => run.mock.calls.length >= 3)
  })

  it('repeats without a pause while there is more work', async () => {
    let left = 100
    startLoop({ run: async () => (--left > 0 ? 'more' : 'idle') })
    await until(() => left === 0)
  })

  it('never runs twice at once, however often it is woken', async () => {
    let [running, runs, overlapped] = [0, 0, false]
    const { loop } = startLoop({
      run: async () => {
        running += 1
        overlapped ||= running > 1
        await sleep(2)
        running -= 1
        runs += 1
        return 'idle'
      },
    })
    await until(() => {
      loop.wake()
      return runs >= 5
    })
    expect(overlapped).toBe(false)
  })

  it('ends its pause when woken', async () => {
    const run = jest.fn(async (): Promise<RunOutcome> => 'idle')
    const { loop } = startLoop({ run })
    await until(() => run.mock.calls.length === 1)
    await sleep(5)
    loop.wake()
    await until(() => run.mock.calls.length === 2)
  })

  it('runs once more after it was woken during a run', async () => {
    const gates: (() => void)[] = []
    const { loop } = startLoop({ run: () => new Promise((resolve) => gates.push(() => resolve('idle'))) })
    await until(() => gates.length === 1)
    loop.wake()
    gates[0]?.()
    await until(() => gates.length === 2)
    gates[1]?.()
  })

  it('cannot be started twice, nor under the name of another', () => {
    const { loop, name } = startLoop({ run: async () => 'idle' })
    expect(() => loop.start()).toThrow('started already')
    const { log } = capturingLogger()
    const namesake = workLoop({ name, log, intervalMs: NEVER_MS, run: async () => 'idle' })
    expect(() => namesake.start()).toThrow('beating already')
  })
})

describe('a failing work loop', () => {
  it('is repeated after a backoff, counted, and logged once for each reason until it recovers', async () => {
    let runs = 0
    const { name, lines } = startLoop({
      job: 'scan_blocks',
      backoff: { minMs: 1, maxMs: 2 },
      run: async () => {
        runs += 1
        if (runs <= 2) throw Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' })
        if (runs <= 4) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
        return 'idle'
      },
    })
    await until(() => lines().some((line) => line.msg === 'job.recovered'))
    expect(lines()).toMatchObject([
      {
        level: 'error',
        msg: 'job.failed',
        worker: name,
        job: 'scan_blocks',
        failures: 1,
        err: { code: 'ECONNREFUSED' },
      },
      { level: 'error', msg: 'job.failed', failures: 3, err: { code: 'ECONNRESET' } },
      { level: 'info', msg: 'job.recovered', failures: 4 },
    ])
    const labels = `worker="${name}",job="scan_blocks"`
    expect(await series('job_retries_total', name)).toEqual([
      `ctrip_job_retries_total{${labels},reason="ECONNREFUSED"} 2`,
      `ctrip_job_retries_total{${labels},reason="ECONNRESET"} 2`,
    ])
    expect(await series('job_duration_seconds_count', name)).toEqual([
      `ctrip_job_duration_seconds_count{${labels},outcome="failed"} 4`,
      `ctrip_job_duration_seconds_count{${labels},outcome="succeeded"} 1`,
    ])
  })

  it('does not shorten its backoff when it is woken', async () => {
    const run = jest.fn(() => Promise.reject(new Error('down')))
    const { loop, lines } = startLoop({ run, backoff: { minMs: NEVER_MS, maxMs: NEVER_MS } })
    await until(() => lines().length === 1)
    for (let i = 0; i < 10; i += 1) {
      loop.wake()
      await sleep(1)
    }
    expect(run).toHaveBeenCalledTimes(1)
  })

  it('sends heartbeats while its work fails', async () => {
    const run = jest.fn(() => Promise.reject(new Error('down')))
    const { name } = startLoop({ run, backoff: { minMs: 1, maxMs: 1 }, stallAfterMs: 5_000 })
    await until(() => run.mock.calls.length >= 3)
    expect(stalledWorkers()).toEqual([])
    expect(await series('worker_heartbeat_timestamp_seconds', name)).toHaveLength(1)
  })
})

describe('a stalled work loop', () => {
  it('is named until it is stopped', async () => {
    const { loop, name } = startLoop({ stallAfterMs: 1, run: abortable })
    await until(() => stalledWorkers().some((stalled) => stalled.worker === name && stalled.limit_seconds === 0.001))
    await loop.stop()
    expect(stalledWorkers().map((stalled) => stalled.worker)).not.toContain(name)
  })
})

describe('stopping a work loop', () => {
  it('starts no further run', async () => {
    const run = jest.fn(async (): Promise<RunOutcome> => 'more')
    const { loop } = startLoop({ run })
    await until(() => run.mock.calls.length > 0)
    await loop.stop()
    const runs = run.mock.calls.length
    await sleep(5)
    expect(run).toHaveBeenCalledTimes(runs)
  })

  it('ends an idle pause and a backoff at once', async () => {
    const idle = startLoop({ run: async () => 'idle' })
    const failing = startLoop({
      run: () => Promise.reject(new Error('down')),
      backoff: { minMs: NEVER_MS, maxMs: NEVER_MS },
    })
    await until(() => failing.lines().length === 1)
    await Promise.all([idle.loop.stop(), failing.loop.stop()])
  })

  it('lets the run in progress finish', async () => {
    const finished = jest.fn()
    const gate: { open?: () => void } = {}
    const { loop } = startLoop({
      stopGraceMs: NEVER_MS,
      run: async (signal) => {
        await new Promise<void>((resolve) => {
          gate.open = resolve
        })
        finished(signal.aborted)
        return 'idle'
      },
    })
    await until(() => gate.open !== undefined)
    const stopped = loop.stop()
    gate.open?.()
    await stopped
    expect(finished).toHaveBeenCalledWith(false)
  })

  it('aborts a run that outlasts the grace period without counting a failure', async () => {
    const run = jest.fn(abortable)
    const { loop, name, lines } = startLoop({ run })
    await until(() => run.mock.calls.length === 1)
    await loop.stop()
    expect(lines()).toMatchObject([{ level: 'info', msg: 'job.aborted' }])
    expect(await series('job_retries_total', name)).toEqual([])
  })

  it('resolves at once for a loop that was never started', async () => {
    await workLoop({ name: 'unused', log: capturingLogger().log, intervalMs: 1, run: async () => 'idle' }).stop()
  })
})

describe('pauses', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] }))
  afterEach(() => jest.useRealTimers())

  it.each([
    [0, [80, 160, 320, 400, 400]],
    [0.5, [100, 200, 400, 500, 500]],
  ])('after failures double up to the maximum, with jitter (random %d)', async (random, expected) => {
    jest.spyOn(Math, 'random').mockReturnValue(random)
    const pauses: number[] = []
    const run = jest.fn(() => Promise.reject(new Error('down')))
    const { loop } = startLoop({ run, backoff: { minMs: 100, maxMs: 500 } })
    for (const _ of expected) pauses.push(await pauseUntilNextRun(run))
    expect(pauses).toEqual(expected)
    await loop.stop()
    jest.restoreAllMocks()
  })

  async function pauseUntilNextRun(run: jest.Mock): Promise<number> {
    const runs = run.mock.calls.length
    for (let ms = 0; ; ms += 20) {
      if (run.mock.calls.length > runs) return ms
      await jest.advanceTimersByTimeAsync(20)
    }
  }
})

function abortable(signal: AbortSignal): Promise<RunOutcome> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
}
