import { errorReporter } from '../src/error-reporter'
import { createLogger } from '../src/logger'
import { currentTraceparent, inSpan, traceIdOf } from '../src/spans'
import { recordSpans } from './fixtures/record-spans'
import { startSentryReceiver } from './fixtures/sentry-receiver'

const spans = recordSpans(1)
const FLUSH_MS = 5_000
const SECRET = 'sk_live_0123456789abcdef'

let receiver: Awaited<ReturnType<typeof startSentryReceiver>>
beforeEach(async () => {
  receiver = await startSentryReceiver()
})
afterEach(() => receiver.stop())

function reportingLogger() {
  const errors = errorReporter({
    dsn: receiver.dsn,
    service: 'ctrip-test',
    release: 'ctrip@1.2.3+abc',
    environment: 'staging',
  })
  const log = createLogger({ service: 'ctrip-test', level: 'info', errors }, { write: () => undefined })
  return { errors, log }
}

describe('an error that is logged', () => {
  it('is reported with release, service, the name of the line, and its cause', async () => {
    const { errors, log } = reportingLogger()
    log.error({ err: new TypeError('outer', { cause: new Error('inner') }) }, 'job.failed')
    await errors.flush(FLUSH_MS)
    expect(receiver.events).toMatchObject([
      {
        release: 'ctrip@1.2.3+abc',
        environment: 'staging',
        server_name: 'ctrip-test',
        level: 'error',
        tags: { service: 'ctrip-test', log: 'job.failed' },
      },
    ])
    const values = receiver.events[0]?.exception.values.map(({ type, value }) => `${type}: ${value}`)
    expect(values).toEqual(['Error: inner', 'TypeError: outer'])
  })

  it('carries the trace that it was logged in', async () => {
    const { errors, log } = reportingLogger()
    const traceId = await inSpan('work', {}, async () => {
      log.error({ err: new Error('x') }, 'job.failed')
      return traceIdOf(currentTraceparent() ?? '')
    })
    await errors.flush(FLUSH_MS)
    expect(receiver.events[0]).toMatchObject({
      tags: { trace_id: traceId },
      contexts: { trace: { trace_id: traceId } },
    })
  })

  it('contains no secret', async () => {
    const { errors, log } = reportingLogger()
    const cause = new Error('connect postgresql://ctrip:hunter2@db/ctrip')
    log.fatal({ err: new Error(`refused ${SECRET}`, { cause }) }, 'service.crashed')
    await errors.flush(FLUSH_MS)
    expect(receiver.events[0]).toMatchObject({ level: 'fatal' })
    expect(receiver.bodies.join()).not.toContain(SECRET)
    expect(receiver.bodies.join()).not.toContain('hunter2')
  })
})

test('lines below error, and errors without an err, are not reported', async () => {
  const { errors, log } = reportingLogger()
  log.warn({ err: new Error('x') }, 'rpc.failed')
  log.error({ dependency: 'nats' }, 'dependency.down')
  await errors.flush(FLUSH_MS)
  expect(receiver.bodies).toEqual([])
})

test('reporting traces nothing', async () => {
  const { errors, log } = reportingLogger()
  spans.forget()
  log.error({ err: new Error('x') }, 'job.failed')
  await errors.flush(FLUSH_MS)
  expect(receiver.events).toHaveLength(1)
  expect(spans.all()).toEqual([])
})

test('a receiver that is away costs the service nothing', async () => {
  await receiver.stop()
  const { errors, log } = reportingLogger()
  log.error({ err: new Error('x') }, 'job.failed')
  await expect(errors.flush(200)).resolves.toBeUndefined()
  receiver = await startSentryReceiver()
})
