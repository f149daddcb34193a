import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startNats } from '@ctrip/local-stack/nats'
import { registry } from '@ctrip/telemetry/metrics'
import { type Bus, prepareStream } from '../src/bus'
import { type ConsumeOptions, consumeEvents, type EventMessage } from '../src/consume'
import { STREAM } from '../src/stream'
import { connectedBus, keptLog, someMessage, someTraceparent, until } from './fixtures'

const AWAY_MS = 3_000

let folder: string
let nats: Awaited<ReturnType<typeof startNats>>
let bus: Bus
const running: { stop(): Promise<void> }[] = []

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ctrip-consume-test-'))
  nats = await startNats({ folder })
  bus = await connectedBus(nats.url)
  await prepareStream(bus)
})
afterEach(async () => {
  for (const consumer of running.splice(0)) await consumer.stop()
  await bus.close()
  await nats.stop()
  await rm(folder, { recursive: true, force: true })
})

const port = () => Number(new URL(nats.url).port)

function consume(handle: ConsumeOptions['handle'], changes: Partial<ConsumeOptions> = {}) {
  const { log, lines } = keptLog()
  const consumer = consumeEvents({ bus, durable: 'test', subject: 'payment.>', handle, log, ...changes })
  running.push(consumer)
  consumer.start()
  return { consumer, lines }
}

async function publish(subject = 'payment.detected'): Promise<string> {
  const { eventId, body } = someMessage()
  await bus.publish({ subject, body, eventId, traceparent: someTraceparent() })
  return eventId
}

/** Publishes until it works, as the relay does. */
async function publishAtLast(): Promise<string> {
  const { eventId, body } = someMessage()
  await until('published', async () => {
    await prepareStream(bus)
    await bus.publish({ subject: 'payment.detected', body, eventId, traceparent: someTraceparent() })
    return true
  })
  return eventId
}

async function unacknowledged(): Promise<number> {
  const info = await bus.connected().manager.consumers.info(STREAM, 'test')
  return info.num_ack_pending + info.num_pending
}

describe('a consumer', () => {
  it('receives the id, the subject and the trace of an event', async () => {
    const heard: EventMessage[] = []
    consume(async (message) => void heard.push(message))
    const { eventId, body } = someMessage()
    const traceparent = someTraceparent()
    await bus.publish({ subject: 'payment.settled', body, eventId, traceparent })
    await until('heard', () => heard.length === 1)
    expect(heard).toEqual([{ eventId, subject: 'payment.settled', traceparent, deliveries: 1 }])
  })

  it('receives events that were published before it started', async () => {
    const heard: string[] = []
    const before = await publish()
    consume(async ({ eventId }) => void heard.push(eventId))
    await until('heard', () => heard.length === 1)
    expect(heard).toEqual([before])
  })

  it('receives no event outside its filter', async () => {
    const heard: string[] = []
    consume(async ({ subject }) => void heard.push(subject), { subject: 'payment.confirmed' })
    await publish('payment.detected')
    await publish('sweep.planned')
    await publish('payment.confirmed')
    await until('heard', () => heard.length > 0)
    expect(heard).toEqual(['payment.confirmed'])
  })

  it('acknowledges a handled event, which is not redelivered', async () => {
    const heard: string[] = []
    const { consumer } = consume(async ({ eventId }) => void heard.push(eventId))
    await publish()
    await until('acknowledged', async () => heard.length === 1 && (await unacknowledged()) === 0)
    await consumer.stop()
    consume(async ({ eventId }) => void heard.push(eventId))
    const next = await publish()
    await until('heard', () => heard.length === 2)
    expect(heard[1]).toBe(next)
  })

  it('receives an event again after a failure, with the number of deliveries', async () => {
    const deliveries: number[] = []
    consume(async (message) => {
      deliveries.push(message.deliveries)
      if (message.deliveries === 1) throw new Error('Postgres is away')
    })
    await publish()
    await until('handled', () => deliveries.length === 2)
    expect(deliveries).toEqual([1, 2])
  })

  it('terminates a message that names no event', async () => {
    const heard: string[] = []
    const { lines } = consume(async ({ eventId }) => void heard.push(eventId))
    await bus.connected().js.publish('payment.confirmed', '{"id":"pay yourself"}')
    await bus.connected().js.publish('payment.confirmed', '{}', { msgID: 'evt_not-an-id' })
    const ours = await publish()
    await until('nothing is left', async () => heard.length === 1 && (await unacknowledged()) === 0)
    expect(heard).toEqual([ours])
    expect(lines().filter(({ msg }) => msg === 'nats.message_without_event_id').length).toBe(2)
  })

  it('handles at most as many events at once as configured', async () => {
    const heard = new Set<string>()
    let [handling, most] = [0, 0]
    consume(
      async ({ eventId }) => {
        most = Math.max(most, ++handling)
        await new Promise((resolve) => setImmediate(resolve))
        handling -= 1
        heard.add(eventId)
      },
      { maxInFlight: 3 },
    )
    for (let n = 0; n < 30; n++) await publish()
    await until('all heard', () => heard.size === 30)
    expect(most).toBeLessThanOrEqual(3)
  })

  it('starts with settings that differ from those of its predecessor', async () => {
    const { consumer } = consume(async () => undefined, { maxInFlight: 4 })
    await until('made', () =>
      bus
        .connected()
        .manager.consumers.info(STREAM, 'test')
        .then(() => true),
    )
    await consumer.stop()
    const heard: string[] = []
    consume(async ({ eventId }) => void heard.push(eventId), { maxInFlight: 8 })
    await publish()
    await until('heard', () => heard.length === 1)
    expect((await bus.connected().manager.consumers.info(STREAM, 'test')).config.max_ack_pending).toBe(32)
  })
})

describe('replicas that share a durable name', () => {
  it('share the events and handle each once', async () => {
    const heard: string[] = []
    consume(async ({ eventId }) => void heard.push(eventId))
    consume(async ({ eventId }) => void heard.push(eventId))
    const published: string[] = []
    for (let n = 0; n < 40; n++) published.push(await publish())
    await until('all acknowledged', async () => heard.length >= 40 && (await unacknowledged()) === 0)
    expect(heard.sort()).toEqual(published.sort())
  })
})

describe('a consumer whose NATS fails', () => {
  it(`continues after NATS was away for ${AWAY_MS} ms`, async () => {
    const heard: string[] = []
    consume(async ({ eventId }) => void heard.push(eventId))
    const before = await publish()
    await until('heard before', () => heard.includes(before))
    await nats.stop()
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS))
    nats = await startNats({ folder, port: port() })
    const after = await publishAtLast()
    await until('heard after', () => heard.includes(after))
  })

  it('creates stream and consumer again after NATS lost its data', async () => {
    const heard: string[] = []
    consume(async ({ eventId }) => void heard.push(eventId))
    const before = await publish()
    await until('heard before', () => heard.includes(before))
    await nats.stop()
    await rm(path.join(folder, 'nats'), { recursive: true })
    nats = await startNats({ folder, port: port() })
    const after = await publishAtLast()
    await until('heard after', () => heard.includes(after))
  })

  it('creates both again after the stream was deleted on a running server', async () => {
    const heard: string[] = []
    consume(async ({ eventId }) => void heard.push(eventId))
    const before = await publish()
    await until('heard before', () => heard.includes(before))
    await bus.connected().manager.streams.delete(STREAM)
    const after = await publishAtLast()
    await until('heard after', () => heard.includes(after))
  })
})

describe('stopping a consumer', () => {
  it('finishes and acknowledges the events in flight', async () => {
    const begun = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const { consumer } = consume(async () => {
      begun.resolve()
      await goOn.promise
    })
    await publish()
    await begun.promise
    const stopped = consumer.stop()
    goOn.resolve()
    await stopped
    await until('acknowledged', async () => (await unacknowledged()) === 0)
  })

  it('finishes with the maximum number of events in flight', async () => {
    const begun = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const { consumer } = consume(
      async () => {
        begun.resolve()
        await goOn.promise
      },
      { maxInFlight: 1 },
    )
    await publish()
    await publish()
    await begun.promise
    const stopped = consumer.stop()
    goOn.resolve()
    await expect(stopped).resolves.toBeUndefined()
  })

  it('ends before the first subscription exists', async () => {
    const { consumer } = consume(async () => undefined)
    await expect(consumer.stop()).resolves.toBeUndefined()
  })

  it('ends while NATS is away', async () => {
    const { consumer } = consume(async () => undefined)
    await nats.stop()
    await expect(consumer.stop()).resolves.toBeUndefined()
    nats = await startNats({ folder, port: port() })
  })
})

it('counts subjects that nobody publishes as one, however many there are', async () => {
  const handled = new Set<string>()
  consume(async ({ subject }) => void handled.add(subject))
  await publish()
  for (let n = 0; n < 50; n++) await publish(`payment.invented_${n}`)
  await until('all were handled', async () => handled.size === 51)
  await until('all were counted', async () => /subject="other",outcome="ok"\} (5\d|[6-9]\d)/.test(await counted()))
  expect(await counted()).not.toContain('invented')
})

function counted(): Promise<string> {
  return registry.getSingleMetricAsString('ctrip_messages_processed_total')
}
