import { createLogger, type LogLevel } from '../src/logger'
import { currentTraceparent, inSpan } from '../src/spans'
import { recordSpans } from './fixtures/record-spans'

recordSpans(1)

function capturingLogger(level: LogLevel = 'info') {
  const lines: string[] = []
  const log = createLogger({ service: 'ctrip-test', level }, { write: (line) => void lines.push(line) })
  return { log, lines, only: () => JSON.parse(lines.join('')) as Record<string, unknown> }
}

describe('a log line', () => {
  it('is one JSON object with level, time, service, the fields and a fixed name', () => {
    const { log, lines, only } = capturingLogger()
    log.info({ payment_id: 'pay_1', duration_ms: 12 }, 'payment.detected')
    expect(lines.join('')).toMatch(/^[^\n]+\n$/)
    const { time, ...rest } = only()
    expect(rest).toEqual({
      level: 'info',
      service: 'ctrip-test',
      payment_id: 'pay_1',
      duration_ms: 12,
      msg: 'payment.detected',
    })
    expect(new Date(String(time)).toISOString()).toBe(time)
  })

  it('carries the ids of the current span, also from a child logger', async () => {
    const { log, only } = capturingLogger()
    await inSpan('work', {}, async () => {
      log.child({ request_id: 'req_1' }).info('request.served')
      const { trace_id, span_id, request_id } = only()
      expect(`00-${String(trace_id)}-${String(span_id)}-01`).toBe(currentTraceparent())
      expect(request_id).toBe('req_1')
    })
  })

  it('carries no trace outside a span', () => {
    const { log, only } = capturingLogger()
    log.info('service.started')
    expect(only()).not.toHaveProperty('trace_id')
  })

  it('is left out below the level', () => {
    const { log, lines } = capturingLogger('warn')
    log.info('service.started')
    expect(lines).toEqual([])
  })

  it('writes money without losing digits', () => {
    const { log, only } = capturingLogger()
    log.info({ amount: 2n ** 256n - 1n }, 'payment.created')
    expect(only()).toHaveProperty('amount', (2n ** 256n - 1n).toString())
  })
})

describe('an error in a log line', () => {
  it('has type, code, message, stack and its causes', () => {
    const { log, only } = capturingLogger()
    const refused = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' })
    log.error({ err: new TypeError('cannot publish', { cause: refused }) }, 'outbox.publish_failed')
    expect(only()).toMatchObject({
      msg: 'outbox.publish_failed',
      err: {
        type: 'TypeError',
        message: 'cannot publish',
        stack: expect.stringContaining('logger.test.ts') as string,
        cause: { type: 'Error', message: 'connect refused', code: 'ECONNREFUSED' },
      },
    })
  })

  it('has each error of an aggregate', () => {
    const { log, only } = capturingLogger()
    log.error({ err: new AggregateError([new Error('one'), 'two'], 'all providers failed') }, 'rpc.failed')
    expect(only()).toMatchObject({ err: { errors: [{ message: 'one' }, { type: 'string', message: 'two' }] } })
  })

  it('has its stack once, then a reference to it and how often it came', () => {
    const { log, lines } = capturingLogger()
    const failure = (n: number) => new Error(`query ${n} timed out`, { cause: new TypeError('socket closed') })
    for (const n of [1, 2, 3]) log.error({ err: failure(n) }, 'job.failed')
    log.error({ err: new Error('query 4 timed out') }, 'job.failed') // from another place
    type Line = {
      err: { message: string; stack?: string; stack_ref: string; seen: number; cause?: { stack?: string } }
    }
    const errors = lines.map((line) => (JSON.parse(line) as Line).err)
    expect(errors.map(({ message, seen }) => [message, seen])).toEqual([
      ['query 1 timed out', 1],
      ['query 2 timed out', 2],
      ['query 3 timed out', 3],
      ['query 4 timed out', 1],
    ])
    expect(errors.map(({ stack, cause }) => [stack !== undefined, cause?.stack !== undefined])).toEqual([
      [true, true],
      [false, false],
      [false, false],
      [true, false],
    ])
    expect(new Set(errors.slice(0, 3).map(({ stack_ref }) => stack_ref)).size).toBe(1)
    expect(errors[3]?.stack_ref).not.toBe(errors[0]?.stack_ref)
  })

  it('ends when an error is its own cause', () => {
    const { log, only } = capturingLogger()
    const circular = new Error('circular')
    circular.cause = circular
    log.error({ err: circular }, 'x.failed')
    expect(only()).toHaveProperty('err.cause.cause.message', 'circular')
  })

  it('contains no secret in message, stack or cause', () => {
    const { log, lines } = capturingLogger()
    const cause = new Error('GET https://rpc.example/eth?apikey=hunter2')
    log.error(
      { err: new Error('postgresql://ctrip:hunter2@db/ctrip is away', { cause }), password: 'hunter2' },
      'x.failed',
    )
    expect(lines.join('')).not.toContain('hunter2')
  })
})
