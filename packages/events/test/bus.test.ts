import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from '@ctrip/local-stack/free-port'
import { startNats } from '@ctrip/local-stack/nats'
import { connectBus, NotConnectedError, prepareStream } from '../src/bus'
import { STREAM, StreamRefusedError } from '../src/stream'
import { connectedBus, keptLog, someMessage, someTraceparent, stored, until } from './fixtures'

let folder: string
let port: number
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ctrip-events-test-'))
  port = await freePort()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const start = () => startNats({ folder, port })
const away = () => connectBus({ url: `nats://127.0.0.1:${port}`, name: 'test', log: keptLog().log })

function toPublish() {
  const { eventId, type: subject, body } = someMessage()
  return { eventId, subject, body, traceparent: someTraceparent() }
}

describe('a bus that has never been connected', () => {
  it('fails to publish at once', async () => {
    const bus = away()
    await expect(bus.publish(toPublish())).rejects.toThrow(NotConnectedError)
    await bus.close()
  })

  it('fails a probe without a later unhandled rejection', async () => {
    const bus = away()
    const abort = new AbortController()
    await expect(bus.ping(abort.signal)).rejects.toThrow(NotConnectedError)
    abort.abort()
    await bus.close()
  })

  it('ignores a wake of the relay', async () => {
    const bus = away()
    expect(() => bus.wakeRelay()).not.toThrow()
    await bus.close()
  })

  it('can be closed', async () => {
    const bus = away()
    await expect(bus.close()).resolves.toBeUndefined()
  })

  it('connects as soon as NATS starts', async () => {
    const bus = away()
    const connected = new Promise<void>((resolve) => bus.onConnect(resolve))
    const nats = await start()
    await connected
    await expect(bus.ping(AbortSignal.timeout(10_000))).resolves.toBeUndefined()
    await bus.close()
    await nats.stop()
  })
})

describe('a bus whose NATS restarts', () => {
  it('notifies listeners of each connection and publishes again', async () => {
    let nats = await start()
    const bus = await connectedBus(nats.url)
    let connections = 0
    bus.onConnect(() => (connections += 1))
    await nats.stop()
    await expect(bus.ping(AbortSignal.timeout(200))).rejects.toThrow()
    nats = await start()
    await until('connected again', () => connections === 2)
    await prepareStream(bus)
    const message = toPublish()
    await bus.publish(message)
    expect(await stored(bus.connected().manager)).toMatchObject([{ eventId: message.eventId }])
    await bus.close()
    await nats.stop()
  })
})

describe('the stream', () => {
  it('drops a copy by its event id', async () => {
    const nats = await start()
    const bus = await connectedBus(nats.url)
    await prepareStream(bus)
    const message = toPublish()
    await bus.publish(message)
    await bus.publish(message)
    expect((await stored(bus.connected().manager)).length).toBe(1)
    await bus.close()
    await nats.stop()
  })

  it('keeps the settings that an operator has changed, and gets the subjects that it lacks', async () => {
    const nats = await start()
    const bus = await connectedBus(nats.url)
    await prepareStream(bus)
    const { manager } = bus.connected()
    await manager.streams.update(STREAM, { max_bytes: 5_000_000, subjects: ['payment.>', 'ours.>'] })
    await prepareStream(bus)
    const { config } = await manager.streams.info(STREAM)
    expect(config.max_bytes).toBe(5_000_000)
    // The release that made it knew fewer subjects; the operator may have added some.
    expect(config.subjects).toEqual(expect.arrayContaining(['payment.>', 'ours.>', 'checkout_session.>']))
    await bus.close()
    await nats.stop()
  })
})

describe('a NATS without room for the stream', () => {
  it('fails the probe with the reason, and passes it once there is room', async () => {
    const configFile = path.join(folder, 'nats.conf')
    await writeFile(configFile, 'jetstream { max_file_store: 100MB }')
    const nats = await startNats({ folder, port, configFile })
    const bus = await connectedBus(nats.url)
    await expect(bus.ping(AbortSignal.timeout(10_000))).rejects.toThrow(StreamRefusedError)
    await expect(bus.ping(AbortSignal.timeout(10_000))).rejects.toThrow(/CTRIP: .*(1 GiB)/)
    await nats.stop()

    const roomy = await start()
    await until('the stream', async () =>
      bus.ping(AbortSignal.timeout(5_000)).then(
        () => true,
        () => false,
      ),
    )
    await bus.close()
    await roomy.stop()
  })
})
