import type { OutboxEntry } from '@ctrip/domain/events'
import { startNats } from '@ctrip/local-stack/nats'
import { registry } from '@ctrip/telemetry/metrics'
import { type Bus, type BusMessage, prepareStream } from '../src/bus'
import { type OutboxStore, outboxRelay } from '../src/relay'
import { STREAM } from '../src/stream'
import { connectedBus, keptLog, MemoryOutbox, someMessage, someTraceparent, stored, until } from './fixtures'

let nats: Awaited<ReturnType<typeof startNats>>
let bus: Bus
const running: { stop(): Promise<void> }[] = []

beforeAll(async () => {
  nats = await startNats()
})
beforeEach(async () => {
  bus = await connectedBus(nats.url)
})
afterEach(async () => {
  for (const relay of running.splice(0)) await relay.stop()
  await prepareStream(bus)
  await bus.connected().manager.streams.delete(STREAM)
  await bus.close()
})
afterAll(() => nats.stop())

function startRelay(store: OutboxStore<string>, options: { bus?: Bus; lease?: () => string | null } = {}): void {
  const { lease = () => 'epoch 1', bus: given = bus } = options
  const relay = outboxRelay({ store, bus: given, keeper: { current: lease }, log: keptLog().log })
  running.push(relay)
  relay.start()
}

const ids = (messages: readonly { eventId: string }[]) => messages.map(({ eventId }) => eventId)

/** Events of several payments, interleaved. */
function interleaved(payments: number, eventsEach: number): OutboxEntry[] {
  const anchors = Array.from({ length: payments }, someTraceparent)
  return Array.from({ length: payments * eventsEach }, (_, n) =>
    someMessage({ traceAnchor: anchors[n % payments] ?? '' }),
  )
}

function orderWithin(story: string, messages: readonly OutboxEntry[]): string[] {
  return ids(messages.filter(({ traceAnchor }) => traceAnchor === story))
}

describe('the relay', () => {
  it('publishes an event under its type, with its id, its body and a traceparent of its trace', async () => {
    const message = someMessage({ type: 'payment.confirmed' })
    const store = new MemoryOutbox(message)
    startRelay(store)
    await until('published', () => store.isEmpty())
    const [published] = await stored(bus.connected().manager)
    expect(published).toMatchObject({ subject: 'payment.confirmed', eventId: message.eventId, body: message.body })
    expect(published?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
  })

  it('reports the size of stream and database while it holds the lease, and nothing after', async () => {
    let lease: string | null = 'epoch 1'
    startRelay(new MemoryOutbox(), { lease: () => lease })
    const sizes = async () => {
      const metrics = await registry.metrics()
      return [...metrics.matchAll(/^ctrip_(stream_bytes|stream_bytes_limit|database_bytes) (\d+)$/gm)]
    }
    await until('reported', async () => (await sizes()).length === 3)
    const reported = new Map((await sizes()).map(([, name = '', value]) => [name, Number(value)]))
    expect(reported.get('stream_bytes_limit')).toBe(1024 ** 3)
    expect(reported.get('database_bytes')).toBe(8_000_000)
    lease = null
    await until('silent', async () => (await sizes()).length === 0)
  })

  it('publishes the events of one payment in order', async () => {
    const messages = interleaved(20, 15)
    const store = new MemoryOutbox(...messages)
    startRelay(store)
    await until('published', () => store.isEmpty())
    const published = ids(await stored(bus.connected().manager))
    expect([...published].sort()).toEqual(ids(messages).sort())
    for (const { traceAnchor } of messages.slice(0, 20)) {
      const told = orderWithin(traceAnchor, messages)
      expect(published.filter((id) => told.includes(id))).toEqual(told)
    }
  })

  it('marks as published in the order of the outbox, under its lease', async () => {
    const messages = interleaved(3, 3)
    const store = new MemoryOutbox(...messages)
    startRelay(store)
    await until('published', () => store.isEmpty())
    expect(store.marked).toEqual([{ lease: 'epoch 1', eventIds: ids(messages) }])
  })

  it('publishes an event again that it could not mark, and the server keeps one copy', async () => {
    const messages = interleaved(2, 2)
    const store = new MemoryOutbox(...messages)
    const mark = store.markPublished.bind(store)
    let crashes = 1
    store.markPublished = async (lease, eventIds) => {
      if (crashes-- > 0) throw new Error('crashed between publish and mark')
      await mark(lease, eventIds)
    }
    startRelay(store)
    await until('published', () => store.isEmpty())
    expect(ids(await stored(bus.connected().manager)).sort()).toEqual(ids(messages).sort())
  })

  it('resumes a payment at its failed event without delaying other payments', async () => {
    const messages = interleaved(2, 3)
    const [, , broken] = messages
    const store = new MemoryOutbox(...messages)
    startRelay(store, { bus: failingOnce(bus, ({ eventId }) => eventId === broken?.eventId) })
    await until('published', () => store.isEmpty())
    const published = ids(await stored(bus.connected().manager))
    for (const { traceAnchor } of messages.slice(0, 2)) {
      const told = orderWithin(traceAnchor, messages)
      expect(published.filter((id) => told.includes(id))).toEqual(told)
    }
    const other = orderWithin(messages[1]?.traceAnchor ?? '', messages)
    expect(store.marked[0]?.eventIds).toEqual([messages[0]?.eventId, ...other])
  })

  it('creates a missing stream again and loses no event', async () => {
    const store = new MemoryOutbox(someMessage())
    startRelay(store)
    await until('published', () => store.isEmpty())
    await bus.connected().manager.streams.delete(STREAM)
    const afterwards = interleaved(2, 5)
    store.add(...afterwards)
    await until('published', () => store.isEmpty())
    expect(ids(await stored(bus.connected().manager)).sort()).toEqual(ids(afterwards).sort())
  })

  it('is woken by any service that commits events', async () => {
    const sender = await connectedBus(nats.url)
    const woken = new Promise<void>((resolve) => bus.onWake(resolve))
    await bus.connected().connection.flush()
    sender.wakeRelay()
    await woken
    await sender.close()
  })
})

describe('a relay without the lease', () => {
  it('stands by until it gets the lease', async () => {
    const store = new MemoryOutbox(...interleaved(2, 2))
    let [asked, lease]: [number, string | null] = [0, null]
    startRelay(store, {
      lease: () => {
        asked += 1
        return lease
      },
    })
    await until('asked more than once', () => asked > 2)
    expect(store.marked).toEqual([])
    lease = 'epoch 2'
    await until('published', () => store.isEmpty())
    expect(store.marked.map((marked) => marked.lease)).toEqual(['epoch 2'])
  })
})

function failingOnce(inner: Bus, isBroken: (message: BusMessage) => boolean): Bus {
  let failed = false
  return {
    ...inner,
    async publish(message) {
      if (!failed && isBroken(message)) {
        failed = true
        throw new Error('not acknowledged')
      }
      await inner.publish(message)
    },
  }
}
